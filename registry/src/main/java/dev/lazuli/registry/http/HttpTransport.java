package dev.lazuli.registry.http;

import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.LeastRate;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;

/** Sends single requests: no redirects, no authorisation, no retries. Safe for any thread. */
public final class HttpTransport {
  /** How often an idle connection may turn out to be dead before the server is blamed. */
  private static final int STALE_LIMIT = 8;

  /** 10 MB/s: slower than any registry that stores what it is sent. */
  private static final long DIGEST_BYTES_PER_MILLI = 10_000;

  /**
   * A document is small: whoever sends one more slowly means no good, or has no link to speak of.
   */
  private static final Duration DOCUMENT_TIME = Duration.ofMinutes(1);

  private final Connections connections;
  private final HttpOptions options;
  private final DocumentBudget documents;

  /** Makes a transport over the connections, which stay the caller's. */
  public HttpTransport(Connections connections, HttpOptions options) {
    this.connections = connections;
    this.options = options;
    this.documents = new DocumentBudget(options.acquireTimeout(), DOCUMENT_TIME);
  }

  /**
   * Sends a request and waits for the response's head.
   *
   * @param abort ends the wait, and the body later
   * @throws IOException if no response came; the message says why in few words
   */
  public HttpReply send(HttpCall call, Abort abort) throws IOException {
    for (int stale = 0; ; stale++) {
      Connection connection = connections.acquire(call.origin(), abort);
      boolean used = connection.isUsed();
      var exchange = new Exchange();
      connection.start(exchange, request(call));
      abort.attach(exchange::close);
      try {
        if (call.body().blob() != null) {
          new BodyUpload(connection, exchange, options.idleBodyTimeout())
              .send(call.body().blob(), call.body().length());
        }
        var head = exchange.awaitHead(options.headersTimeout().plus(digestTime(call)));
        return new HttpReply(
            exchange,
            head,
            options.idleBodyTimeout(),
            new LeastRate(options.slowBodyTimeout()),
            documents,
            call.origin().url());
      } catch (IOException e) {
        exchange.close();
        if (!used || stale == STALE_LIMIT || abort.isAborted() || !exchange.isBroken()) {
          throw e;
        }
      }
    }
  }

  /** A registry may read all of a body again before it answers. */
  private static Duration digestTime(HttpCall call) {
    return Duration.ofMillis(call.body().length() / DIGEST_BYTES_PER_MILLI);
  }

  private HttpRequest request(HttpCall call) {
    Origin origin = call.origin();
    var proxy = options.proxies().find(origin.host(), origin.port(), origin.tls());
    boolean absolute = proxy.isPresent() && !origin.tls();
    String target = absolute ? origin.url() + call.target() : call.target();
    var headers = call.headers().copy();
    HttpRequest request =
        call.body().blob() == null
            ? new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1,
                call.method(),
                target,
                Unpooled.wrappedBuffer(call.body().bytes()),
                headers,
                EmptyHttpHeaders.INSTANCE)
            : new DefaultHttpRequest(HttpVersion.HTTP_1_1, call.method(), target, headers);
    request
        .headers()
        .set(HttpHeaderNames.HOST, origin.authority())
        .set(HttpHeaderNames.USER_AGENT, options.userAgent())
        .set(HttpHeaderNames.ACCEPT_ENCODING, "identity");
    if (HttpCall.isPush(call.method())) {
      HttpUtil.setContentLength(request, call.body().length());
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
  public static String basic(Credentials credentials) {
    byte[] pair =
        (credentials.username() + ":" + credentials.secret()).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }
}
