package dev.lazuli.demo.registry;

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
public record Reply(HttpResponseStatus status, HttpHeaders headers, List<Part> body) {

  /** Some bytes of some content. */
  public record Part(BlobContent content, long offset, long length) {
    /** Returns all of some bytes. */
    public static Part of(byte[] bytes) {
      return new Part(BlobContent.of(bytes), 0, bytes.length);
    }
  }

  /** Returns an answer with a body. */
  public static Reply of(HttpResponseStatus status, String contentType, List<Part> body) {
    var headers = new DefaultHttpHeaders();
    headers.set(HttpHeaderNames.CONTENT_TYPE, contentType);
    headers.set(HttpHeaderNames.CONTENT_LENGTH, body.stream().mapToLong(Part::length).sum());
    return new Reply(status, headers, List.copyOf(body));
  }

  /** Returns an answer that all is well, and some bytes. */
  public static Reply ok(String contentType, byte[] content) {
    return of(HttpResponseStatus.OK, contentType, List.of(Part.of(content)));
  }

  /** Returns an answer without a body. */
  public static Reply empty(HttpResponseStatus status) {
    var headers = new DefaultHttpHeaders();
    headers.set(HttpHeaderNames.CONTENT_LENGTH, 0);
    return new Reply(status, headers, List.of());
  }

  /** Returns an answer whose body is JSON. */
  public static Reply json(HttpResponseStatus status, byte[] json) {
    return of(status, "application/json", List.of(Part.of(json)));
  }

  /** Returns an error as the specification wants it, with one of its codes. */
  public static Reply error(HttpResponseStatus status, String code, String message) {
    var json = RegistryJson.MAPPER.createObjectNode();
    json.putArray("errors").addObject().put("code", code).put("message", message);
    return json(status, json.toString().getBytes(UTF_8));
  }

  /** Returns an error 404, with one of the specification's codes. */
  public static Reply notFound(String code, String what) {
    return error(HttpResponseStatus.NOT_FOUND, code, what);
  }

  /** Sets a header, and returns this answer. */
  public Reply with(CharSequence name, Object value) {
    headers.set(name, value);
    return this;
  }
}
