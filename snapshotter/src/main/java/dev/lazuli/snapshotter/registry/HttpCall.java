package dev.lazuli.snapshotter.registry;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;

/**
 * One HTTP request.
 *
 * @param method GET, HEAD or POST
 * @param origin the server
 * @param target path and query, starting with a slash
 * @param headers without Host and the like, which the transport adds
 * @param body empty but for POST
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record HttpCall(HttpMethod method, Origin origin, String target, HttpHeaders headers, byte[] body) {
  HttpCall {
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

  static HttpHeaders newHeaders() {
    return new DefaultHttpHeaders();
  }
}
