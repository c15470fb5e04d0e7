package dev.lazuli.registry.http;

import dev.lazuli.registry.model.Text;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;

/**
 * One HTTP request.
 *
 * @param method GET or HEAD, and where something is sent POST or PUT
 * @param origin the server
 * @param target path and query, starting with a slash
 * @param headers without Host and the like, which the transport adds
 * @param body empty but for POST and PUT
 */
public record HttpCall(
    HttpMethod method, Origin origin, String target, HttpHeaders headers, HttpBody body) {
  /** Checks that the target is a path of printable ASCII. */
  public HttpCall {
    for (int i = 0; i < target.length(); i++) {
      char c = target.charAt(i);
      if (c <= ' ' || c >= 0x7f) {
        throw new IllegalArgumentException("not a request target: " + Text.quote(target));
      }
    }
    if (!target.startsWith("/")) {
      throw new IllegalArgumentException("not a request target: " + Text.quote(target));
    }
  }

  /** Returns headers that can be added to. */
  public static HttpHeaders newHeaders() {
    return new DefaultHttpHeaders();
  }

  /** Returns whether a method changes something, for which registries want other tokens. */
  public static boolean isPush(HttpMethod method) {
    return method.equals(HttpMethod.POST) || method.equals(HttpMethod.PUT);
  }
}
