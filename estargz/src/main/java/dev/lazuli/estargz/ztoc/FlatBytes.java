package dev.lazuli.estargz.ztoc;

import dev.lazuli.estargz.LayerFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The bytes of a FlatBuffer, read without trust: every place is checked before it is read, and all
 * tables and texts together cost at most what the file can hold, however often it points at the
 * same ones. For one thread.
 *
 * @see <a href="https://flatbuffers.dev/internals/">FlatBuffers: how they are laid out</a>
 */
final class FlatBytes {
  /** The least that a table takes: its own offset, and a place in its vector. */
  private static final int TABLE_COST = 8;

  /** Texts may be shared, tables hardly ever are. */
  private static final int GENEROSITY = 4;

  private final String layer;
  private final ByteBuffer bytes;
  private long budget;

  /** Takes bytes that the caller leaves alone until reading is over. */
  FlatBytes(String layer, ByteBuffer file) {
    this.layer = layer;
    this.bytes = file.slice().order(ByteOrder.LITTLE_ENDIAN);
    this.budget = (long) GENEROSITY * bytes.limit();
  }

  /** Returns a FlatBuffer that is a vector of bytes of this one, of the same layer. */
  FlatBytes nested(ByteBuffer content) {
    return new FlatBytes(layer, content);
  }

  /** Returns the table that a file without an identifier begins with. */
  FlatTable root() throws LayerFormatException {
    return table(0);
  }

  /** Returns the table that the offset at {@code place} leads to. */
  FlatTable table(int place) throws LayerFormatException {
    spend(TABLE_COST);
    return FlatTable.at(this, target(place));
  }

  /** Returns where the offset at {@code place} leads: forward only, so nothing goes in circles. */
  int target(int place) throws LayerFormatException {
    long offset = int32(place) & 0xffff_ffffL;
    long target = place + offset;
    if (offset == 0 || target >= bytes.limit()) {
      throw bad("offset at " + place, offset, "within " + bytes.limit() + " bytes");
    }
    return (int) target;
  }

  /**
   * Returns the content of a vector of bytes, or of a text.
   *
   * @param place of the vector's count
   * @param most the most bytes that it may have
   */
  ByteBuffer content(int place, long most) throws LayerFormatException {
    int count = count(place, 1);
    spend(TABLE_COST + count);
    if (count > most) {
      throw bad("text or vector at " + place, count, "at most " + most + " bytes");
    }
    return bytes.slice(place + Integer.BYTES, count).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns how many elements the vector at {@code place} has, all of which are in the file. */
  int count(int place, int elementBytes) throws LayerFormatException {
    long count = int32(place) & 0xffff_ffffL;
    int most = (bytes.limit() - place - Integer.BYTES) / elementBytes;
    if (count > most) {
      throw bad("count of the vector at " + place, count, "at most " + most);
    }
    return (int) count;
  }

  int uint8(int place) throws LayerFormatException {
    return bytes.get(checked(place, Byte.BYTES)) & 0xff;
  }

  int uint16(int place) throws LayerFormatException {
    return bytes.getShort(checked(place, Short.BYTES)) & 0xffff;
  }

  int int32(int place) throws LayerFormatException {
    return bytes.getInt(checked(place, Integer.BYTES));
  }

  long int64(int place) throws LayerFormatException {
    return bytes.getLong(checked(place, Long.BYTES));
  }

  private int checked(int place, int size) throws LayerFormatException {
    if (place < 0 || place > bytes.limit() - size) {
      throw bad("place", place, size + " bytes within " + bytes.limit());
    }
    return place;
  }

  private void spend(long cost) throws LayerFormatException {
    budget -= cost;
    if (budget < 0) {
      throw bad("size", bytes.limit(), "enough for all tables, which are not to be repeated");
    }
  }

  LayerFormatException bad(String field, Object value, String limit) {
    return new LayerFormatException(layer, "ztoc " + field, value, limit);
  }
}
