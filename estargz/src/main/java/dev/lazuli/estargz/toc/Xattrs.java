package dev.lazuli.estargz.toc;

import dev.lazuli.estargz.LayerFormatException;
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

  /** Appends one attribute to those of an entry. */
  static void append(Text xattrs, Text name, byte[] value) {
    var lengths = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder());
    lengths.putShort(0, (short) name.length());
    xattrs.append(lengths.array(), 0, Short.BYTES);
    xattrs.append(name.bytes(), 0, name.length());
    lengths.putInt(0, value.length);
    xattrs.append(lengths.array(), 0, Integer.BYTES);
    xattrs.append(value, 0, value.length);
  }

  /** Copies an entry's attributes to the heap and returns where they lie. */
  static int store(ByteHeap text, Text xattrs, int count) throws LayerFormatException {
    var header = ByteBuffer.allocate(Short.BYTES).order(ByteOrder.nativeOrder());
    var at = text.add(header.putShort(0, (short) count).array(), 0, Short.BYTES);
    text.add(xattrs.bytes(), 0, xattrs.length());
    return at;
  }

  private Xattrs() {}
}
