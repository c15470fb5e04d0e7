package dev.lazuli.snapshotter.registry;

import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;

/**
 * One range of a blob from one host.
 *
 * @param offset first byte
 * @param length bytes, at least 1
 * @param size the blob's size, or -1 unknown; a host that says otherwise has another blob
 */
record RangeCall(
    HostRequests requests,
    ImageReference reference,
    Digest digest,
    long offset,
    long length,
    long size,
    Abort abort)
    implements HostCall<RangeBody> {

  @Override
  public RangeBody at(RegistryHost host) throws IOException {
    var headers =
        HttpCall.newHeaders().set("Range", "bytes=" + offset + "-" + (offset + length - 1));
    HttpReply reply =
        requests.send(HttpMethod.GET, host, reference, "/blobs/" + digest, headers, abort);
    boolean taken = false;
    try {
      RangeBody body = body(reply, host);
      taken = true;
      return body;
    } finally {
      if (!taken) {
        reply.close();
      }
    }
  }

  private RangeBody body(HttpReply reply, RegistryHost host) throws IOException {
    return switch (reply.status()) {
      case 206 -> partial(reply, host);
      case 200 -> whole(reply, host);
      default -> throw HostFailure.of(reply);
    };
  }

  private RangeBody partial(HttpReply reply, RegistryHost host) throws IOException {
    checkEncoding(reply);
    String text = reply.headers().get("Content-Range");
    ContentRange range =
        ContentRange.parse(text)
            .orElseThrow(
                () -> HostFailure.senseless(206, "Content-Range " + Text.quote("" + text)));
    if (range.first() != offset) {
      throw HostFailure.senseless(206, "Content-Range starts at " + range.first());
    }
    checkSize(206, range.total());
    long given = reply.contentLength();
    if (given >= 0 && given != range.length()) {
      throw HostFailure.senseless(
          206, "Content-Length " + given + " with " + Text.quote("" + text));
    }
    return new RangeBody(reply, host, 0, Math.min(length, range.length()));
  }

  /** The host ignores ranges: what we want is somewhere in the whole. */
  private RangeBody whole(HttpReply reply, RegistryHost host) throws IOException {
    checkEncoding(reply);
    checkSize(200, reply.contentLength());
    return new RangeBody(reply, host, offset, length);
  }

  private void checkSize(int status, long total) throws HostFailure {
    if (size >= 0 && total >= 0 && total != size) {
      throw HostFailure.lasting(status, "blob has " + total + " bytes, expected " + size);
    }
  }

  private static void checkEncoding(HttpReply reply) throws HostFailure {
    String encoding = reply.headers().get("Content-Encoding", "identity");
    if (!encoding.equalsIgnoreCase("identity")) {
      throw HostFailure.lasting(reply.status(), "Content-Encoding " + Text.quote(encoding));
    }
  }
}
