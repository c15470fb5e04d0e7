package dev.lazuli.estargz.index;

import com.github.luben.zstd.Zstd;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * How the headers of a tar are packed: what stands below each other in them is much alike, what
 * stands beside each other is not. Any bytes can be packed, and come back as they were.
 *
 * <p>The bytes are cut into blocks of 512, the last one filled with zeros, and each block into the
 * fields of a tar's header. What the checksum would be is XORed with what it is. Blocks are packed
 * in batches; all numbers are little-endian:
 *
 * <pre>
 * batch   0  4  blocks, 1 to 4096
 *         4  4  bytes of columns, packed
 *         8     columns, as one zstd frame (RFC 8878), at most 512 KiB when unpacked
 *
 * columns   of each block, the lower half of a mask that says which of its fields differ from those
 *             of the block before it, also across batches; field 0 is bit 0
 *           of each block, the upper half of that mask
 *           of each field, for the blocks in which it differs:
 *             for names alone, how many of its first bytes are those of the block before, one byte
 *             how many bytes follow these, without zeros at the end, one byte
 *             these bytes
 * </pre>
 */
final class HeaderColumns {
  static final int BLOCK_BYTES = 512;
  static final int MOST_BLOCKS = 4096;
  static final int BATCH_HEAD_BYTES = 8;

  /** 512 KiB: the columns of a batch. */
  static final int MOST_COLUMN_BYTES = 512 << 10;

  /** A batch ends with the block that makes its columns longer: 256 KiB. */
  static final int FULL_COLUMN_BYTES = 256 << 10;

  static final int MOST_PACKED_BYTES = (int) Zstd.compressBound(MOST_COLUMN_BYTES);

  /**
   * Name, mode, owner, group, size, time, checksum, type, link, magic and version, names of owner
   * and group, device, prefix of the name, the rest.
   */
  private static final int[] WIDTHS = {100, 8, 8, 8, 12, 12, 8, 1, 100, 8, 32, 32, 8, 8, 155, 12};

  static final int FIELDS = WIDTHS.length;

  private static final int NAMES = 1 | (1 << 8) | (1 << 14);
  private static final int CHECKSUM_AT = 148;
  private static final int CHECKSUM_BYTES = 8;

  private static final int[] PLACES = places();

  private static int[] places() {
    var places = new int[FIELDS];
    for (int field = 1; field < FIELDS; field++) {
      places[field] = places[field - 1] + WIDTHS[field - 1];
    }
    return places;
  }

  /** Returns where in a block a field begins. */
  static int place(int field) {
    return PLACES[field];
  }

  static int width(int field) {
    return WIDTHS[field];
  }

  /** Returns whether a field begins, as a rule, as that of the block before does. */
  static boolean isName(int field) {
    return ((NAMES >>> field) & 1) != 0;
  }

  /** XORs the checksum with what it has to be: twice gives the block again. */
  static void crossChecksum(byte[] block) {
    int sum = ' ' * CHECKSUM_BYTES;
    for (byte b : block) {
      sum += b & 0xff;
    }
    for (int i = 0; i < CHECKSUM_BYTES; i++) {
      sum -= block[CHECKSUM_AT + i] & 0xff;
    }
    byte[] digits = Integer.toOctalString(sum).getBytes(StandardCharsets.US_ASCII);
    byte[] right = new byte[CHECKSUM_BYTES];
    Arrays.fill(right, 0, 6, (byte) '0');
    right[7] = ' ';
    System.arraycopy(digits, 0, right, 6 - digits.length, digits.length);
    for (int i = 0; i < CHECKSUM_BYTES; i++) {
      block[CHECKSUM_AT + i] ^= right[i];
    }
  }

  private HeaderColumns() {}
}
