package dev.lazuli.estargz.index;

import static dev.lazuli.estargz.index.HeaderColumns.BLOCK_BYTES;
import static dev.lazuli.estargz.index.HeaderColumns.FIELDS;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Packs the headers of a shared index, as {@link HeaderColumns} says. Memory is that of one batch,
 * whatever comes. For one thread.
 */
public final class PackedHeaders extends OutputStream {
  /** Higher ones take several times as long and save a few per cent. */
  private static final int LEVEL = 15;

  private final OutputStream out;
  private final byte[] block = new byte[BLOCK_BYTES];
  private final byte[] last = new byte[BLOCK_BYTES];
  private final ByteArrayOutputStream lowMasks = new ByteArrayOutputStream();
  private final ByteArrayOutputStream highMasks = new ByteArrayOutputStream();
  private final ByteArrayOutputStream[] shared = columns();
  private final ByteArrayOutputStream[] lengths = columns();
  private final ByteArrayOutputStream[] contents = columns();
  private int filled;
  private int blocks;
  private int columnBytes;

  /** Packs to an output, which stays the caller's. */
  public PackedHeaders(OutputStream out) {
    this.out = out;
  }

  private static ByteArrayOutputStream[] columns() {
    var columns = new ByteArrayOutputStream[FIELDS];
    Arrays.setAll(columns, _ -> new ByteArrayOutputStream());
    return columns;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    for (int done = 0; done < length; ) {
      int count = Math.min(length - done, BLOCK_BYTES - filled);
      System.arraycopy(bytes, offset + done, block, filled, count);
      filled += count;
      done += count;
      if (filled == BLOCK_BYTES) {
        add();
      }
    }
  }

  /**
   * Writes what has not filled a block or a batch.
   *
   * @throws IOException if the output fails
   */
  public void finish() throws IOException {
    if (filled > 0) {
      Arrays.fill(block, filled, BLOCK_BYTES, (byte) 0);
      add();
    }
    if (blocks > 0) {
      writeBatch();
    }
  }

  private void add() throws IOException {
    filled = 0;
    HeaderColumns.crossChecksum(block);
    int mask = 0;
    for (int field = 0; field < FIELDS; field++) {
      int from = HeaderColumns.place(field);
      int to = from + HeaderColumns.width(field);
      if (!Arrays.equals(block, from, to, last, from, to)) {
        mask |= 1 << field;
        add(field, from, to);
      }
    }
    lowMasks.write(mask);
    highMasks.write(mask >>> 8);
    columnBytes += 2;
    System.arraycopy(block, 0, last, 0, BLOCK_BYTES);
    blocks++;
    if (blocks == HeaderColumns.MOST_BLOCKS || columnBytes > HeaderColumns.FULL_COLUMN_BYTES) {
      writeBatch();
    }
  }

  private void add(int field, int from, int to) {
    int end = to;
    while (end > from && block[end - 1] == 0) {
      end--;
    }
    int begin = from;
    if (HeaderColumns.isName(field)) {
      while (begin < end && block[begin] == last[begin]) {
        begin++;
      }
      shared[field].write(begin - from);
      columnBytes++;
    }
    lengths[field].write(end - begin);
    contents[field].write(block, begin, end - begin);
    columnBytes += 1 + end - begin;
  }

  private void writeBatch() throws IOException {
    var columns = new ByteArrayOutputStream(columnBytes);
    moveTo(columns, lowMasks);
    moveTo(columns, highMasks);
    for (int field = 0; field < FIELDS; field++) {
      moveTo(columns, shared[field]);
      moveTo(columns, lengths[field]);
      moveTo(columns, contents[field]);
    }
    byte[] packed = Zstd.compress(columns.toByteArray(), LEVEL);
    var head = ByteBuffer.allocate(HeaderColumns.BATCH_HEAD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.write(head.putInt(blocks).putInt(packed.length).array());
    out.write(packed);
    blocks = 0;
    columnBytes = 0;
  }

  private static void moveTo(ByteArrayOutputStream columns, ByteArrayOutputStream column)
      throws IOException {
    column.writeTo(columns);
    column.reset();
  }
}
