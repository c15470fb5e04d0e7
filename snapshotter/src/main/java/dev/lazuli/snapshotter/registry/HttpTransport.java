package dev.lazuli.snapshotter.registry;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Sends single requests: no redirects, no authorisation, no retries. Safe for any thread. */
final class HttpTransport {
  /** How often a resting connection may turn out to be dead before the server is to blame. */
  private static final int STALE_LIMIT = 8;

  private final Connections connections;
  private final RegistryOptions options;

  HttpTransport(Connections connections, RegistryOptions options) {
    this.connections = connections;
    this.options = options;
  }

  /**
   * Sends a request and waits for the response's head.
   *
   * @param abort ends the wait, and the body later
   * @throws IOException if no response came; the message says why in few words
   */
  HttpReply send(HttpCall call, Abort abort) throws IOException {
    for (int stale = 0; ; stale++) {
      Connection connection = connections.acquire(call.origin(), abort);
      boolean used = connection.isUsed();
      var exchange = new Exchange();
      connection.start(exchange, request(call));
      abort.attach(exchange::close);
      try {
        var head = exchange.awaitHead(options.headersTimeout());
        return new HttpReply(exchange, head, options.idleBodyTimeout());
      } catch (IOException e) {
        exchange.close();
        if (!used || stale == STALE_LIMIT || abort.isAborted() || !exchange.isBroken()) {
          throw e;
        }
      }
    }
  }

  private FullHttpRequest request(HttpCall call) {
    Origin origin = call.origin();
    var proxy = options.proxies().find(origin.host(), origin.port(), origin.tls());
    boolean absolute = proxy.isPresent() && !origin.tls();
    var request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1,
            call.method(),
            absolute ? origin.url() + call.target() : call.target(),
            Unpooled.wrappedBuffer(call.body()),
            call.headers().copy(),
            EmptyHttpHeaders.INSTANCE);
    request
        .headers()
        .set(HttpHeaderNames.HOST, origin.authority())
        .set(HttpHeaderNames.USER_AGENT, options.userAgent())
        .set(HttpHeaderNames.ACCEPT_ENCODING, "identity");
    if (call.method().equals(HttpMethod.POST)) {
      request.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, call.body().length);
    }
    if (absolute) {
      proxy
          .flatMap(Proxy::credentials)
          .map(HttpTransport::basic)
          .ifPresent(value -> request.headers().set(HttpHeaderNames.PROXY_AUTHORIZATION, value));
    }
    return request;
  }

  /** Returns the Authorization header of a user and password. */
  static String basic(Credentials credentials) {
    byte[] pair =
        (credentials.username() + ":" + credentials.secret()).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }
}
