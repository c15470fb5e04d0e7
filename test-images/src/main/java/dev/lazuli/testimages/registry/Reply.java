package dev.lazuli.testimages.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.List;

/**
 * An answer before it is sent.
 *
 * @param status status line
 * @param headers all headers, among them the content's length
 * @param body the body's parts in order; not sent in answer to HEAD
 */
record Reply(HttpResponseStatus status, HttpHeaders headers, List<Part> body) {

  /** Some bytes of some content. */
  record Part(BlobContent content, long offset, long length) {
    static Part of(byte[] bytes) {
      return new Part(BlobContent.of(bytes), 0, bytes.length);
    }
  }

  static Reply of(HttpResponseStatus status, String contentType, List<Part> body) {
    var headers = new DefaultHttpHeaders();
    headers.set(HttpHeaderNames.CONTENT_TYPE, contentType);
    headers.set(HttpHeaderNames.CONTENT_LENGTH, body.stream().mapToLong(Part::length).sum());
    return new Reply(status, headers, List.copyOf(body));
  }

  static Reply empty(HttpResponseStatus status) {
    var headers = new DefaultHttpHeaders();
    headers.set(HttpHeaderNames.CONTENT_LENGTH, 0);
    return new Reply(status, headers, List.of());
  }

  static Reply json(HttpResponseStatus status, byte[] json) {
    return of(status, "application/json", List.of(Part.of(json)));
  }

  /** Returns an error as the specification wants it, with one of its codes. */
  static Reply error(HttpResponseStatus status, String code, String message) {
    var json = RegistryJson.MAPPER.createObjectNode();
    json.putArray("errors").addObject().put("code", code).put("message", message);
    return json(status, json.toString().getBytes(UTF_8));
  }

  Reply with(CharSequence name, Object value) {
    headers.set(name, value);
    return this;
  }

  long bodyLength() {
    return body.stream().mapToLong(Part::length).sum();
  }
}
