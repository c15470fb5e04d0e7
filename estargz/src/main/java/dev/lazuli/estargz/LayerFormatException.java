package dev.lazuli.estargz;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A layer blob, footer or TOC says something that its format or our limits do not allow. */
public final class LayerFormatException extends IOException {
  private static final long serialVersionUID = 1;

  private final String layer;
  private final String field;
  private final String value;
  private final String limit;

  /**
   * @param layer which layer, usually its digest
   * @param field what was read, such as {@code "footer TOC offset"}
   * @param value what it said
   * @param limit what it may say
   */
  public LayerFormatException(String layer, String field, Object value, String limit) {
    this(layer, field, value, limit, null);
  }

  /** As above, with the parser's own complaint as the cause. */
  public LayerFormatException(
      String layer, String field, Object value, String limit, @Nullable Throwable cause) {
    super("layer " + layer + ": " + field + " is " + quote(value) + ", allowed: " + limit, cause);
    this.layer = layer;
    this.field = field;
    this.value = quote(value);
    this.limit = limit;
  }

  /** Returns which layer. */
  public String layer() {
    return layer;
  }

  /** Returns what was read. */
  public String field() {
    return field;
  }

  /** Returns what it said, shortened and without control characters. */
  public String value() {
    return value;
  }

  /** Returns what it may say. */
  public String limit() {
    return limit;
  }

  /** The value comes from the network and goes to logs: short, and printable only. */
  private static String quote(Object value) {
    if (value instanceof Number) {
      return value.toString();
    }
    var text = String.valueOf(value);
    var out = new StringBuilder("\"");
    text.codePoints()
        .limit(120)
        .forEach(c -> out.appendCodePoint(Character.isISOControl(c) ? '\ufffd' : c));
    return out.append(text.codePointCount(0, text.length()) > 120 ? "…\"" : "\"").toString();
  }
}
