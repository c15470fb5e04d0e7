package dev.lazuli.estargz.toc;

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

  private Xattrs() {}
}
