package dev.lazuli.estargz;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A layer blob, footer or TOC says something that its format or our limits do not allow. */
public sealed class LayerFormatException extends IOException permits ExternalTocException {
  private static final long serialVersionUID = 1;

  /** Longer than all that follows a name. */
  private static final int MOST_FIELD_END = 60;

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
    super(
        "layer " + layer + ": " + printable(field) + " is " + quote(value) + ", allowed: " + limit,
        cause);
    this.layer = layer;
    this.field = printable(field);
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
    return "\"" + ForeignText.shown(String.valueOf(value)) + "\"";
  }

  /** What was read may have the entry's name in it, and says what is wrong with it at its end. */
  private static String printable(String field) {
    var name = field.length() - MOST_FIELD_END;
    return name <= 0
        ? ForeignText.shown(field)
        : ForeignText.shown(field.substring(0, name)) + ForeignText.shown(field.substring(name));
  }
}
