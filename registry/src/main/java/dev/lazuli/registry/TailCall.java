package dev.lazuli.registry;

import dev.lazuli.estargz.ByteRange;
import dev.lazuli.registry.hosts.HostCall;
import dev.lazuli.registry.hosts.HostFailure;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.ContentRange;
import dev.lazuli.registry.http.HttpCall;
import dev.lazuli.registry.http.HttpReply;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The last bytes of a blob whose size is not known, from one host: by a range that counts from the
 * end (RFC 9110, 14.1.2), whose answer tells the size. A host that knows no such range, as Azure's
 * blob store, is asked for the size first.
 */
record TailCall(BlobHosts blob, long most, Abort abort) implements HostCall<TailCall.Answer> {

  /**
   * The end of the blob, as the host sends it.
   *
   * @param body null if the blob is empty
   */
  record Answer(long offset, long length, @Nullable RangeBody body) {}

  @Override
  public Answer at(RegistryHost host) throws IOException {
    blob.checkTrusted(host);
    if (!blob.suffixes().mayDo(host)) {
      return afterItsSize(host);
    }
    var headers = HttpCall.newHeaders().set("Range", "bytes=-" + most);
    HttpReply reply = blob.send(HttpMethod.GET, host, headers, abort);
    var range = suffix(reply);
    if (range.isPresent()) {
      long length = range.get().length();
      return new Answer(range.get().first(), length, new RangeBody(reply, host, 0, length));
    }
    if (isAllOfIt(reply)) {
      return new Answer(
          0, reply.contentLength(), new RangeBody(reply, host, 0, reply.contentLength()));
    }
    return switch (reply.status()) {
      case 200, 206, 400, 416, 501 -> {
        reply.close();
        blob.suffixes().cannot(host);
        yield afterItsSize(host);
      }
      default -> throw HostFailure.of(reply);
    };
  }

  /** A blob that is smaller than what was asked for may come as if no range had been given. */
  private boolean isAllOfIt(HttpReply reply) {
    long length = reply.contentLength();
    return reply.status() == 200 && isPlain(reply) && length > 0 && length <= most;
  }

  private static boolean isPlain(HttpReply reply) {
    return reply.headers().get("Content-Encoding", "identity").equalsIgnoreCase("identity");
  }

  /** Returns which range the host sends, if it is the one that was asked for. */
  private Optional<ContentRange> suffix(HttpReply reply) {
    if (reply.status() != 206 || !isPlain(reply)) {
      return Optional.empty();
    }
    return ContentRange.parse(reply.headers().get("Content-Range"))
        .filter(given -> given.last() == given.total() - 1)
        .filter(given -> given.first() == Math.max(0, given.total() - most))
        .filter(given -> isOf(reply.contentLength(), given.length()));
  }

  private static boolean isOf(long contentLength, long length) {
    return contentLength < 0 || contentLength == length;
  }

  private Answer afterItsSize(RegistryHost host) throws IOException {
    long size = new SizeCall(blob, abort).at(host);
    long length = Math.min(size, most);
    if (length <= 0) {
      return new Answer(0, 0, null);
    }
    var range = new ByteRange(size - length, length);
    return new Answer(range.offset(), length, new SingleRangeCall(blob, range, abort).at(host));
  }
}
