package dev.lazuli.estargz.toc;

import dev.lazuli.estargz.LayerFormatException;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads a JSON text (RFC 8259) as it streams by, value after value, into what its user reuses.
 * Nothing is allocated for a value, and the code is short, because the first layer of a node is
 * read by code that was not compiled yet. For one thread.
 */
final class JsonInput {
  /** What a value is. */
  enum Kind {
    OBJECT,
    ARRAY,
    STRING,
    NUMBER,
    BOOLEAN,
    NULL,
    /** Not a value: the end of the text. */
    END
  }

  private final String layer;
  private final int mostDepth;
  private final int mostBytes;
  private final JsonBytes bytes;
  private final JsonString strings;
  private final Utf8Buffer skipped = new Utf8Buffer();
  private int depth;

  /** Nothing has come yet of the object or array that began last. */
  private boolean isFirst;

  private boolean isIntegral;

  /**
   * Begins to read.
   *
   * @param mostDepth how deep objects and arrays may be nested
   * @param mostBytes longest string
   */
  JsonInput(String layer, InputStream json, int mostDepth, int mostBytes) {
    this.layer = layer;
    this.mostDepth = mostDepth;
    this.mostBytes = mostBytes;
    this.bytes = new JsonBytes(layer, json);
    this.strings = new JsonString(bytes);
  }

  /** Returns the kind of the next value, which is not taken. */
  Kind kind() throws IOException {
    var next = bytes.peekVisible();
    return switch (next) {
      case '{' -> Kind.OBJECT;
      case '[' -> Kind.ARRAY;
      case '"' -> Kind.STRING;
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> Kind.NUMBER;
      case 't', 'f' -> Kind.BOOLEAN;
      case 'n' -> Kind.NULL;
      default -> {
        if (next < 0 && depth == 0) {
          yield Kind.END;
        }
        throw bytes.unexpected(next, "a value");
      }
    };
  }

  /** Takes the opening bracket of an object or array, which {@link #kind} said is there. */
  void begin() throws IOException {
    if (++depth > mostDepth) {
      throw new LayerFormatException(layer, "TOC JSON depth", depth, "at most " + mostDepth);
    }
    bytes.take();
    isFirst = true;
  }

  /**
   * Takes the next name of an object, or the object's end.
   *
   * @param into is filled with the name
   * @return whether there was a name; its value comes next
   */
  boolean nextName(Utf8Buffer into) throws IOException {
    if (!next('}')) {
      return false;
    }
    expect('"', "a name");
    strings.read(into, mostBytes);
    expect(':', ":");
    return true;
  }

  /** Takes what is before the next value of an array, or the array's end: then returns false. */
  boolean nextElement() throws IOException {
    return next(']');
  }

  private boolean next(char end) throws IOException {
    var wasFirst = isFirst;
    isFirst = false;
    var next = bytes.peekVisible();
    if (next == end) {
      bytes.take();
      depth--;
      return false;
    }
    if (!wasFirst) {
      expect(',', end == '}' ? ", or }" : ", or ]");
    }
    return true;
  }

  /** Takes a string, which {@link #kind} said is there. */
  void string(Utf8Buffer into) throws IOException {
    expect('"', "a string");
    strings.read(into, mostBytes);
  }

  /** See {@link JsonBytes#takeHex}; to be called after {@link #kind}. */
  boolean hex(byte[] prefix, byte[] into) {
    return bytes.takeHex(prefix, into);
  }

  /**
   * Takes a number, which {@link #kind} said is there, and returns it if it {@link #isIntegral}.
   */
  long number() throws IOException {
    var isNegative = bytes.peekVisible() == '-';
    if (isNegative) {
      bytes.take();
    }
    isIntegral = true;
    var value = 0L; // Negative until the end: there is one more of them.
    if (bytes.peek() == '0') {
      bytes.take();
    } else {
      value = digits();
    }
    fraction();
    if (!isNegative && value == Long.MIN_VALUE) {
      isIntegral = false;
    }
    return isNegative ? value : -value;
  }

  /** Returns whether the last number was an integer of 64 bits. */
  boolean isIntegral() {
    return isIntegral;
  }

  private long digits() throws IOException {
    var value = 0L;
    var count = bytes.takeFewDigits();
    if (count > 0) {
      value = -bytes.few();
    }
    for (int next; (next = bytes.peek()) >= '0' && next <= '9'; count++) {
      var digit = next - '0';
      if (count >= JsonBytes.FEW && value < (Long.MIN_VALUE + digit) / 10) {
        isIntegral = false;
      }
      value = value * 10 - digit;
      bytes.take();
    }
    if (count == 0) {
      throw bytes.unexpected(bytes.peek(), "a digit");
    }
    return value;
  }

  private void fraction() throws IOException {
    if (bytes.peek() == '.') {
      bytes.take();
      digits();
      isIntegral = false;
    }
    var next = bytes.peek();
    if (next == 'e' || next == 'E') {
      bytes.take();
      next = bytes.peek();
      if (next == '+' || next == '-') {
        bytes.take();
      }
      digits();
      isIntegral = false;
    }
  }

  /** Takes a value of any kind. */
  void skip() throws IOException {
    switch (kind()) {
      case OBJECT -> {
        begin();
        while (nextName(skipped)) {
          skip();
        }
      }
      case ARRAY -> {
        begin();
        while (nextElement()) {
          skip();
        }
      }
      case STRING -> string(skipped);
      case NUMBER -> number();
      case BOOLEAN -> word(bytes.peek() == 't' ? "true" : "false");
      case NULL -> word("null");
      case END -> throw bytes.unexpected(-1, "a value");
    }
  }

  private void word(String word) throws IOException {
    for (int i = 0; i < word.length(); i++) {
      var next = bytes.peek();
      if (next != word.charAt(i)) {
        throw bytes.unexpected(next, word);
      }
      bytes.take();
    }
  }

  private void expect(char wanted, String description) throws IOException {
    var next = bytes.peekVisible();
    if (next != wanted) {
      throw bytes.unexpected(next, description);
    }
    bytes.take();
  }

  /** Makes sure that the text ends here. */
  void end() throws IOException {
    var next = bytes.peekVisible();
    if (next >= 0) {
      throw bytes.unexpected(next, "one object");
    }
  }
}
