package dev.lazuli.registry;

import dev.lazuli.estargz.ByteRange;
import dev.lazuli.registry.hosts.HostCall;
import dev.lazuli.registry.hosts.HostFailure;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.HttpCall;
import dev.lazuli.registry.http.HttpReply;
import dev.lazuli.registry.http.MultipartBody;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Several ranges of a blob by one request to one host. */
record MultiRangeCall(BlobHosts blob, List<ByteRange> ranges, Abort abort)
    implements HostCall<MultiRangeCall.Answer> {
  /** 100 ranges make a header of at most 4 KiB, within every server's limits. */
  static final int MAX_RANGES = 100;

  /** What a host makes of the request: parts, or no answer to several ranges at once. */
  record Answer(RegistryHost host, @Nullable MultipartBody parts) {}

  @Override
  public Answer at(RegistryHost host) throws IOException {
    blob.checkTrusted(host);
    if (ranges.size() == 1 || !blob.multiRange().mayDo(host)) {
      return new Answer(host, null);
    }
    String list = ranges.stream().map(ByteRange::toString).collect(Collectors.joining(","));
    var headers = HttpCall.newHeaders().set("Range", "bytes=" + list);
    HttpReply reply = blob.send(HttpMethod.GET, host, headers, abort);
    var boundary = MultipartBody.boundary(reply.headers().get("Content-Type"));
    if (reply.status() == 206 && boundary.isPresent()) {
      return new Answer(host, MultipartBody.of(reply, boundary.get()));
    }
    return switch (reply.status()) {
      case 200, 206, 400, 416, 501 -> {
        reply.close();
        blob.multiRange().cannot(host);
        yield new Answer(host, null);
      }
      default -> throw HostFailure.of(reply);
    };
  }
}
