package dev.lazuli.estargz.toc;

import dev.lazuli.estargz.LayerFormatException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Extended attributes in the text heap: u16 count, then for each u16 name length, name, u32 value
 * length, value; numbers in native order.
 */
final class Xattrs {
  static void forEach(ByteHeap text, int at, LayerIndex.XattrVisitor visitor) {
    var count = text.shortAt(at);
    var next = at + Short.BYTES;
    for (int i = 0; i < count; i++) {
      var nameBytes = text.shortAt(next);
      var name = text.slice(next + Short.BYTES, nameBytes);
      next += Short.BYTES + nameBytes;
      var valueBytes = text.intAt(next);
      visitor.xattr(name, text.slice(next + Integer.BYTES, valueBytes));
      next += Integer.BYTES + valueBytes;
    }
  }

  /** Visits the attributes of an entry, which have no count before them. */
  static void forEach(Utf8Buffer xattrs, int count, LayerIndex.XattrVisitor visitor) {
    var bytes = ByteBuffer.wrap(xattrs.bytes(), 0, xattrs.length()).order(ByteOrder.nativeOrder());
    for (int i = 0; i < count; i++) {
      var name = take(bytes, bytes.getShort() & 0xffff);
      visitor.xattr(name, take(bytes, bytes.getInt()));
    }
  }

  private static MemorySegment take(ByteBuffer bytes, int length) {
    var taken = MemorySegment.ofBuffer(bytes.slice(bytes.position(), length));
    bytes.position(bytes.position() + length);
    return taken;
  }

  /** Returns the bytes that stored attributes take, without their count. */
  static int bytes(ByteHeap text, int at) {
    var next = at + Short.BYTES;
    for (int i = text.shortAt(at); i > 0; i--) {
      next += Short.BYTES + text.shortAt(next);
      next += Integer.BYTES + text.intAt(next);
    }
    return next - at - Short.BYTES;
  }

  /** Appends one attribute to those of an entry. */
  static void append(Utf8Buffer xattrs, Utf8Buffer name, byte[] value) {
    append(xattrs, name.bytes(), name.length(), value);
  }

  /** Does the same with a name that is an array of its own. */
  static void append(Utf8Buffer xattrs, byte[] name, byte[] value) {
    append(xattrs, name, name.length, value);
  }

  private static void append(Utf8Buffer xattrs, byte[] name, int nameBytes, byte[] value) {
    var lengths = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder());
    lengths.putShort(0, (short) nameBytes);
    xattrs.append(lengths.array(), 0, Short.BYTES);
    xattrs.append(name, 0, nameBytes);
    lengths.putInt(0, value.length);
    xattrs.append(lengths.array(), 0, Integer.BYTES);
    xattrs.append(value, 0, value.length);
  }

  /** Copies an entry's attributes to the heap and returns where they lie. */
  static int store(ByteHeap text, Utf8Buffer xattrs, int count) throws LayerFormatException {
    var header = ByteBuffer.allocate(Short.BYTES).order(ByteOrder.nativeOrder());
    text.reserve(Short.BYTES + xattrs.length());
    var at = text.add(header.putShort(0, (short) count).array(), 0, Short.BYTES);
    text.add(xattrs.bytes(), 0, xattrs.length());
    return at;
  }

  private Xattrs() {}
}
