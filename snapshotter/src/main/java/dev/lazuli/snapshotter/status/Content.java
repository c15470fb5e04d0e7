package dev.lazuli.snapshotter.status;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.util.function.Supplier;
import tools.jackson.databind.json.JsonMapper;

/** The body of an answer. Written by several requests at the same time. */
public interface Content {
  /** Returns the media type. */
  String type();

  /**
   * Writes the body as it is now.
   *
   * @throws IOException if {@code out} fails
   */
  void write(OutputStream out) throws IOException;

  /** Returns a value as JSON, asked for again by each request. */
  static Content json(Supplier<?> value) {
    return of(
        "application/json", out -> out.write(JsonMapper.shared().writeValueAsBytes(value.get())));
  }

  /** Returns a fixed text. */
  static Content text(String text) {
    return of("text/plain; charset=utf-8", out -> out.write(text.getBytes(UTF_8)));
  }

  /** Returns content of any type. */
  static Content of(String type, Body body) {
    return new Content() {
      @Override
      public String type() {
        return type;
      }

      @Override
      public void write(OutputStream out) throws IOException {
        body.write(out);
      }
    };
  }

  /** Writes a body. */
  interface Body {
    /**
     * Writes it.
     *
     * @throws IOException if {@code out} fails
     */
    void write(OutputStream out) throws IOException;
  }
}
