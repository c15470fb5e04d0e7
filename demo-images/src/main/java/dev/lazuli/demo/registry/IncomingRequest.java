package dev.lazuli.demo.registry;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A request's head, read once.
 *
 * @param method of the request line
 * @param target of the request line
 * @param headers as they came
 * @param origin scheme and host that the client has called, such as {@code http://127.0.0.1:5000}
 * @param described the same for rules and counters
 * @param keepAlive whether the connection goes on after the answer
 * @param range the {@code Range} header to be honoured
 * @param lens what the content that is asked for is seen through
 */
public record IncomingRequest(
    HttpMethod method,
    RequestTarget target,
    HttpHeaders headers,
    String origin,
    RegistryRequest described,
    boolean keepAlive,
    Optional<String> range,
    UnaryOperator<BlobContent> lens) {

  static IncomingRequest read(HttpRequest request, boolean tls) {
    var target = RequestTarget.parse(request.uri());
    var range = Optional.ofNullable(request.headers().get(HttpHeaderNames.RANGE));
    return new IncomingRequest(
        request.method(),
        target,
        request.headers(),
        (tls ? "https://" : "http://") + request.headers().get(HttpHeaderNames.HOST, ""),
        RegistryRequest.of(request.method().name(), target, range),
        HttpUtil.isKeepAlive(request),
        request.method().equals(HttpMethod.GET) ? range : Optional.empty(),
        UnaryOperator.identity());
  }

  /** Returns the same request, to be answered with the whole content. */
  public IncomingRequest withoutRange() {
    return new IncomingRequest(
        method, target, headers, origin, described, keepAlive, Optional.empty(), lens);
  }

  /** Returns the same request, answered with what {@code other} makes of the content. */
  public IncomingRequest seenThrough(UnaryOperator<BlobContent> other) {
    return new IncomingRequest(method, target, headers, origin, described, keepAlive, range, other);
  }

  /** Returns whether the method is GET. */
  public boolean isGet() {
    return method.equals(HttpMethod.GET);
  }

  /** Returns whether the method is HEAD. */
  public boolean isHead() {
    return method.equals(HttpMethod.HEAD);
  }

  /** Returns the content as this request is to see it. */
  public BlobContent seen(BlobContent content) {
    return lens.apply(content);
  }
}
