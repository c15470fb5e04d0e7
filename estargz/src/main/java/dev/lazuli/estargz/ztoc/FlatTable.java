package dev.lazuli.estargz.ztoc;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.estargz.LayerFormatException;
import java.nio.ByteBuffer;

/**
 * A table of a FlatBuffer. What it leaves out is 0 or empty. Its fields are found by a table of
 * offsets, which others may share: at the table's place minus the number that it begins with are
 * the bytes of the offsets, those of the table, and two bytes for each field.
 *
 * @param place where it begins
 * @param offsets where its offsets are
 * @param offsetsBytes how many bytes they have
 */
record FlatTable(FlatBytes bytes, int place, int offsets, int offsetsBytes) {
  private static final int FIRST_OFFSET = 4;

  static FlatTable at(FlatBytes bytes, int place) throws LayerFormatException {
    long offsets = (long) place - bytes.int32(place);
    if (offsets < 0 || offsets > Integer.MAX_VALUE) {
      throw bytes.bad("table at " + place, offsets, "offsets within the file");
    }
    return new FlatTable(bytes, place, (int) offsets, bytes.uint16((int) offsets));
  }

  /** Returns the place of a field; -1 if it is left out. */
  private int field(int number) throws LayerFormatException {
    int at = FIRST_OFFSET + number * Short.BYTES;
    if (at + Short.BYTES > offsetsBytes) {
      return -1;
    }
    int offset = bytes.uint16(offsets + at);
    return offset == 0 ? -1 : place + offset;
  }

  int uint8(int number, int absent) throws LayerFormatException {
    int at = field(number);
    return at < 0 ? absent : bytes.uint8(at);
  }

  int int32(int number) throws LayerFormatException {
    int at = field(number);
    return at < 0 ? 0 : bytes.int32(at);
  }

  long int64(int number) throws LayerFormatException {
    int at = field(number);
    return at < 0 ? 0 : bytes.int64(at);
  }

  /** Returns a table that must be there. */
  FlatTable table(int number) throws LayerFormatException {
    int at = field(number);
    if (at < 0) {
      throw bytes.bad("table at " + place, "without field " + number, "with it");
    }
    return bytes.table(at);
  }

  /** Returns a text; one that is not UTF-8 has a replacement character in it. */
  String text(int number, int mostBytes) throws LayerFormatException {
    return UTF_8.decode(content(number, mostBytes)).toString();
  }

  /** Returns a vector of bytes, or the bytes of a text. */
  ByteBuffer content(int number, long mostBytes) throws LayerFormatException {
    int at = field(number);
    return at < 0 ? ByteBuffer.allocate(0) : bytes.content(bytes.target(at), mostBytes);
  }

  /** Returns how many tables or texts a vector has. */
  int count(int number) throws LayerFormatException {
    int at = field(number);
    return at < 0 ? 0 : bytes.count(bytes.target(at), Integer.BYTES);
  }

  /** Returns an element of a vector of tables, below its count. */
  FlatTable element(int number, int index) throws LayerFormatException {
    return bytes.table(elementPlace(number, index));
  }

  /** Returns an element of a vector of texts, below its count. */
  String textElement(int number, int index, int mostBytes) throws LayerFormatException {
    int target = bytes.target(elementPlace(number, index));
    return UTF_8.decode(bytes.content(target, mostBytes)).toString();
  }

  private int elementPlace(int number, int index) throws LayerFormatException {
    return bytes.target(field(number)) + (1 + index) * Integer.BYTES;
  }
}
