package dev.lazuli.testimages.registry;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request's head, read once.
 *
 * @param method of the request line
 * @param target of the request line
 * @param headers as they came
 * @param origin scheme and host that the client has called, such as {@code http://127.0.0.1:5000}
 * @param described the same for fault rules and counters
 * @param keepAlive whether the connection goes on after the answer
 * @param fault what goes wrong with it, or null
 */
record IncomingRequest(
    HttpMethod method,
    RequestTarget target,
    HttpHeaders headers,
    String origin,
    RegistryRequest described,
    boolean keepAlive,
    @Nullable Fault fault) {

  static IncomingRequest read(HttpRequest request, boolean tls, FaultScript faults) {
    var target = RequestTarget.parse(request.uri());
    var range = Optional.ofNullable(request.headers().get(HttpHeaderNames.RANGE));
    var described = RegistryRequest.of(request.method().name(), target, range);
    return new IncomingRequest(
        request.method(),
        target,
        request.headers(),
        (tls ? "https://" : "http://") + request.headers().get(HttpHeaderNames.HOST, ""),
        described,
        HttpUtil.isKeepAlive(request),
        faults.faultFor(described).orElse(null));
  }

  boolean isGet() {
    return method.equals(HttpMethod.GET);
  }

  boolean isHead() {
    return method.equals(HttpMethod.HEAD);
  }

  /** Returns the range to be honoured. */
  Optional<String> range() {
    return isGet() && !(fault instanceof Fault.IgnoreRange) ? described.range() : Optional.empty();
  }

  /** Returns the blob as this request is to see it. */
  BlobContent seen(BlobContent blob) {
    return fault instanceof Fault.WrongBytes wrong ? new CorruptContent(blob, wrong) : blob;
  }
}
