package dev.lazuli.demo.registry;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.lazuli.demo.registry.Reply.Part;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Answers for the bytes of a blob: whole, one range, or several (RFC 9110, 14 and 15.3.7). */
public final class BlobReply {
  private static final String OCTETS = "application/octet-stream";
  private static final String BOUNDARY = "lazuli-6c617a756c69-part";

  private BlobReply() {}

  /**
   * Returns the answer with a blob or with ranges of it.
   *
   * @param rangeHeader what was asked for; empty for the whole blob
   */
  public static Reply of(String digest, BlobContent blob, Optional<String> rangeHeader) {
    var ranges = rangeHeader.flatMap(header -> BlobRange.parse(header, blob.size()));
    return describe(digest, ranges.map(list -> ranged(blob, list)).orElseGet(() -> whole(blob)));
  }

  private static Reply describe(String digest, Reply reply) {
    return reply
        .with(HttpHeaderNames.ACCEPT_RANGES, "bytes")
        .with("Docker-Content-Digest", digest)
        .with(HttpHeaderNames.ETAG, '"' + digest + '"');
  }

  private static Reply whole(BlobContent blob) {
    return Reply.of(HttpResponseStatus.OK, OCTETS, List.of(new Part(blob, 0, blob.size())));
  }

  private static Reply ranged(BlobContent blob, List<BlobRange> ranges) {
    if (ranges.isEmpty()) {
      return Reply.empty(HttpResponseStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
          .with(HttpHeaderNames.CONTENT_RANGE, "bytes */" + blob.size());
    }
    if (ranges.size() == 1) {
      var only = ranges.getFirst();
      return Reply.of(HttpResponseStatus.PARTIAL_CONTENT, OCTETS, List.of(part(blob, only)))
          .with(HttpHeaderNames.CONTENT_RANGE, only.contentRange(blob.size()));
    }
    // Ranges that add up to more than the blob get the blob, as Go's net/http has it.
    return ranges.stream().mapToLong(BlobRange::length).sum() > blob.size()
        ? whole(blob)
        : multipart(blob, ranges);
  }

  private static Reply multipart(BlobContent blob, List<BlobRange> ranges) {
    List<Part> parts = new ArrayList<>();
    var lineEnd = "";
    for (var range : ranges) {
      var head =
          """
          %s--%s\r
          Content-Type: %s\r
          Content-Range: %s\r
          \r
          """
              .formatted(lineEnd, BOUNDARY, OCTETS, range.contentRange(blob.size()));
      parts.add(Part.of(head.getBytes(ISO_8859_1)));
      parts.add(part(blob, range));
      lineEnd = "\r\n";
    }
    parts.add(Part.of(("\r\n--" + BOUNDARY + "--\r\n").getBytes(ISO_8859_1)));
    return Reply.of(
        HttpResponseStatus.PARTIAL_CONTENT, "multipart/byteranges; boundary=" + BOUNDARY, parts);
  }

  private static Part part(BlobContent blob, BlobRange range) {
    return new Part(blob, range.offset(), range.length());
  }
}
