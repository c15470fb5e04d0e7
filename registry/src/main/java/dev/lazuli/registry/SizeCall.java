package dev.lazuli.registry;

import dev.lazuli.registry.hosts.HostCall;
import dev.lazuli.registry.hosts.HostFailure;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.ContentRange;
import dev.lazuli.registry.http.HttpCall;
import dev.lazuli.registry.http.HttpReply;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;

/** A blob's size from one host: by HEAD, or by a range of one byte where HEAD does not tell. */
record SizeCall(BlobHosts blob, Abort abort) implements HostCall<Long> {

  @Override
  public Long at(RegistryHost host) throws IOException {
    try (HttpReply reply = send(HttpMethod.HEAD, host)) {
      if (reply.status() == 200 && reply.contentLength() >= 0) {
        return reply.contentLength();
      }
      if (reply.status() == 404) {
        throw HostFailure.of(reply);
      }
    }
    try (HttpReply reply = send(HttpMethod.GET, host)) {
      return switch (reply.status()) {
        case 206 ->
            ContentRange.parse(reply.headers().get("Content-Range"))
                .map(ContentRange::total)
                .filter(total -> total >= 0)
                .orElseThrow(
                    () ->
                        HostFailure.lasting(
                            206, "Content-Range does not say how long the blob is"));
        case 200 -> {
          if (reply.contentLength() < 0) {
            throw HostFailure.lasting(200, "no Content-Length");
          }
          yield reply.contentLength();
        }
        default -> throw HostFailure.of(reply);
      };
    }
  }

  private HttpReply send(HttpMethod method, RegistryHost host) throws IOException {
    var headers = HttpCall.newHeaders();
    if (method.equals(HttpMethod.GET)) {
      headers.set("Range", "bytes=0-0");
    }
    return blob.send(method, host, headers, abort);
  }
}
