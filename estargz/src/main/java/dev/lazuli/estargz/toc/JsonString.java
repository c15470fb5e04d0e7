package dev.lazuli.estargz.toc;

import java.io.IOException;

/**
 * Reads the strings of a JSON text: only UTF-8 as the Unicode Standard has it. JSON readers differ
 * in what they make of anything else: some take overlong forms for the characters that they stand
 * for, some put U+FFFD. Two readers must not see two trees in one table of contents.
 *
 * @see <a href="https://www.unicode.org/versions/Unicode16.0.0/core-spec/chapter-3/#G27506">The
 *     Unicode Standard, table 3-7: well-formed UTF-8 byte sequences</a>
 */
final class JsonString {
  private final JsonBytes bytes;

  JsonString(JsonBytes bytes) {
    this.bytes = bytes;
  }

  /**
   * Takes the rest of a string, whose opening quote was taken, and the closing quote.
   *
   * @param into is filled with it
   * @param most bytes that it may have
   */
  void read(Utf8Buffer into, int most) throws IOException {
    into.clear();
    while (true) {
      bytes.takePlain(into);
      if (into.length() > most) {
        throw bytes.unexpected(bytes.peek(), "a string of at most " + most + " bytes");
      }
      var next = bytes.peek();
      switch (next) {
        case '"' -> {
          bytes.take();
          return;
        }
        case '\\' -> escaped(into);
        default -> {
          if (next >= 0x80) {
            character(into);
          } else if (next < ' ') {
            throw bytes.unexpected(next, "a string and its end");
          } // Otherwise the buffer was used up, and has been filled again.
        }
      }
    }
  }

  private void character(Utf8Buffer into) throws IOException {
    var first = bytes.peek();
    if (first < 0xc2 || first > 0xf4) {
      throw bytes.unexpected(first, "UTF-8");
    }
    into.append(bytes.take());
    var least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    var most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    for (int left = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3; left > 0; left--) {
      var next = bytes.peek();
      if (next < least || next > most) {
        throw bytes.unexpected(next, "UTF-8");
      }
      into.append(bytes.take());
      least = 0x80;
      most = 0xbf;
    }
  }

  private void escaped(Utf8Buffer into) throws IOException {
    bytes.take();
    afterBackslash(into);
  }

  private void afterBackslash(Utf8Buffer into) throws IOException {
    var next = bytes.peek();
    switch (next) {
      case '"', '\\', '/' -> into.append(next);
      case 'b' -> into.append('\b');
      case 'f' -> into.append('\f');
      case 'n' -> into.append('\n');
      case 'r' -> into.append('\r');
      case 't' -> into.append('\t');
      case 'u' -> {
        bytes.take();
        codeUnits(into, codeUnit());
        return;
      }
      default -> throw bytes.unexpected(next, "an escape of JSON");
    }
    bytes.take();
  }

  /** A surrogate without its partner becomes U+FFFD, as Go's JSON does it. */
  private void codeUnits(Utf8Buffer into, char unit) throws IOException {
    var pending = unit;
    while (Character.isHighSurrogate(pending) && bytes.peek() == '\\') {
      bytes.take();
      if (bytes.peek() != 'u') {
        into.appendCharacter('\ufffd');
        afterBackslash(into);
        return;
      }
      bytes.take();
      var next = codeUnit();
      if (Character.isLowSurrogate(next)) {
        into.appendCharacter(Character.toCodePoint(pending, next));
        return;
      }
      into.appendCharacter('\ufffd');
      pending = next;
    }
    into.appendCharacter(Character.isSurrogate(pending) ? '\ufffd' : pending);
  }

  private char codeUnit() throws IOException {
    var unit = 0;
    for (int i = 0; i < 4; i++) {
      var next = bytes.peek();
      var digit = next < 0 ? -1 : Character.digit((char) next, 16);
      if (digit < 0 || next > 'f') {
        throw bytes.unexpected(next, "a hexadecimal digit");
      }
      unit = unit << 4 | digit;
      bytes.take();
    }
    return (char) unit;
  }
}
