package dev.lazuli.bridge.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Layers of known sizes whose every byte follows from its place; all replies come inline. */
class PatternLayers implements BlobHandler {
  private final Map<Long, Long> sizes = new ConcurrentHashMap<>();

  PatternLayers with(long slot, long size) {
    sizes.put(slot, size);
    return this;
  }

  @Override
  public long size(long slot) {
    return sizes.getOrDefault(slot, -1L);
  }

  @Override
  public void read(long slot, long offset, int length, ReadReply reply) {
    reply.send((dst, at) -> fill(slot, at, dst));
  }

  static void fill(long slot, long offset, MemorySegment dst) {
    for (long i = 0; i < dst.byteSize(); i++) {
      dst.set(JAVA_BYTE, i, byteAt(slot, offset + i));
    }
  }

  static byte[] bytes(long slot, long offset, int length) {
    byte[] bytes = new byte[length];
    fill(slot, offset, MemorySegment.ofArray(bytes));
    return bytes;
  }

  static byte byteAt(long slot, long offset) {
    return (byte) (slot * 31 + offset * 7 + (offset >> 12) * 13);
  }
}
