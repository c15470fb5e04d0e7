package dev.lazuli.snapshotter.registry;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;

/** Sends a request to one registry host, with the host's own headers. */
final class HostRequests {
  private final HttpTransport transport;

  HostRequests(HttpTransport transport) {
    this.transport = transport;
  }

  /**
   * Asks once.
   *
   * @param suffix what follows the repository in the path, with any query
   * @param headers of this request
   */
  HttpReply send(
      HttpMethod method,
      RegistryHost host,
      ImageReference reference,
      String suffix,
      HttpHeaders headers,
      Abort abort)
      throws IOException {
    HttpHeaders all = HttpCall.newHeaders();
    host.headers().forEach(all::add);
    all.setAll(headers);
    String target = host.target(reference, suffix);
    return transport.send(new HttpCall(method, host.origin(), target, all, new byte[0]), abort);
  }
}
