package dev.lazuli.demo.images;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/** One ustar header block; the layout is {@link TarWriter}'s. */
final class UstarHeader {
  private static final int NAME_BYTES = 100;

  private final byte[] block = new byte[512];

  UstarHeader(byte[] name, int mode, char type, long size) {
    text(0, Arrays.copyOf(name, Math.min(name.length, NAME_BYTES)));
    octal(100, 8, mode);
    octal(108, 8, 0);
    octal(116, 8, 0);
    octal(124, 12, size);
    octal(136, 12, 0);
    block[156] = (byte) type;
    text(257, "ustar\0".getBytes(US_ASCII));
    text(263, "00".getBytes(US_ASCII));
    octal(329, 8, 0);
    octal(337, 8, 0);
  }

  void owner(long uid, long gid) {
    octal(108, 8, uid);
    octal(116, 8, gid);
  }

  void modified(long epochSeconds) {
    octal(136, 12, epochSeconds);
  }

  void link(byte[] target) {
    text(157, Arrays.copyOf(target, Math.min(target.length, NAME_BYTES)));
  }

  void device(int major, int minor) {
    octal(329, 8, major);
    octal(337, 8, minor);
  }

  /** Returns the block with its checksum: the sum of all bytes, its own field taken as spaces. */
  byte[] toBytes() {
    Arrays.fill(block, 148, 156, (byte) ' ');
    var sum = 0;
    for (var b : block) {
      sum += b & 0xff;
    }
    octal(148, 7, sum);
    return block.clone();
  }

  private void text(int at, byte[] bytes) {
    System.arraycopy(bytes, 0, block, at, bytes.length);
  }

  /** Writes {@code width - 1} octal digits and a zero byte. */
  private void octal(int at, int width, long value) {
    var digits = Long.toOctalString(value);
    if (digits.length() > width - 1) {
      throw new IllegalArgumentException(value + " in " + width + " octal digits");
    }
    text(at, ("0".repeat(width - 1 - digits.length()) + digits + "\0").getBytes(US_ASCII));
  }
}
