package dev.lazuli.bridge.fuse;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Layers of known sizes whose every byte follows from its place; all replies come inline. */
class PatternLayers implements BlobHandler {
  private static final int BLOCK = 4096;

  /** A seventh of one, modulo 256. */
  private static final long SEVENTH = 183;

  /** At each place, seven times the place: a block holds this from a place of its own on. */
  private static final MemorySegment SEVENS = sevens();

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

  /** Writes what {@link #byteAt} says of each place, a block at a time. */
  static void fill(long slot, long offset, MemorySegment dst) {
    for (long done = 0; done < dst.byteSize(); ) {
      long at = offset + done;
      long count = Math.min(dst.byteSize() - done, BLOCK - at % BLOCK);
      long first = (at + SEVENTH * (slot * 31 + (at / BLOCK) * 13)) & 0xff;
      MemorySegment.copy(SEVENS, first, dst, done, count);
      done += count;
    }
  }

  private static MemorySegment sevens() {
    byte[] bytes = new byte[0x100 + BLOCK];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 7);
    }
    return MemorySegment.ofArray(bytes);
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
