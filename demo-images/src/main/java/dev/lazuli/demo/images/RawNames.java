package dev.lazuli.demo.images;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;

/** Turns names of entries into the bytes that a file system sees, and back. */
public final class RawNames {
  private static final int ESCAPE = 0xDC00;

  private RawNames() {}

  /** Returns the bytes of a name; U+DC80 to U+DCFF become the bytes 0x80 to 0xFF. */
  public static byte[] encode(String name) {
    var bytes = new ByteArrayOutputStream(name.length());
    name.codePoints()
        .forEach(
            point -> {
              if (point >= ESCAPE + 0x80 && point <= ESCAPE + 0xFF) {
                bytes.write(point - ESCAPE);
              } else {
                bytes.writeBytes(Character.toString(point).getBytes(UTF_8));
              }
            });
    return bytes.toByteArray();
  }

  /**
   * Returns the name with these bytes: as UTF-8 if they are, otherwise with each high byte escaped.
   */
  public static String decode(byte[] bytes) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException notUtf8) {
      var name = new StringBuilder(bytes.length);
      for (var b : bytes) {
        name.append(b >= 0 ? (char) b : (char) (ESCAPE + (b & 0xff)));
      }
      return name.toString();
    }
  }
}
