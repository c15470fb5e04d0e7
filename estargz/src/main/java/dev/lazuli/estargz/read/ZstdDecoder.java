package dev.lazuli.estargz.read;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * zstd frames (RFC 8878), decompressed straight from the transport's direct buffers. Frame headers
 * are read here first, because the window that a frame asks for is what the decompressor allocates.
 * Skippable frames are skipped.
 *
 * <pre>
 * frame header:  magic fd2fb528 LE, u8 descriptor (content size flag 2 bits, single segment 1 bit,
 *                unused 1, reserved 1, checksum 1, dictionary id flag 2 bits),
 *                [u8 window unless single segment], dictionary id 0/1/2/4, content size 0-8
 * skippable:     magic 184d2a5? LE, u32 LE length, that many bytes
 * </pre>
 */
final class ZstdDecoder implements StreamDecoder {
  private static final int MAGIC = 0xfd2f_b528;
  private static final int SKIPPABLE_MAGIC = 0x184d_2a50;
  private static final int SKIPPABLE_MASK = 0xffff_fff0;
  private static final int MAX_HEADER_BYTES = 18;
  private static final int[] DICTIONARY_ID_BYTES = {0, 1, 2, 4};

  /** A window up to which a decompressor is kept as it is while nobody uses it: 512 KiB. */
  private static final long SMALL_WINDOW = 512 << 10;

  private final Limits limits;
  private final WindowBudget windows;
  private ZstdDecompressCtx context = new ZstdDecompressCtx();

  /** What was taken for the largest window since the context was made. */
  private int taken;

  private final ByteBuffer header =
      ByteBuffer.allocateDirect(MAX_HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  /** Where pieces that are not direct buffers are copied to. */
  private @Nullable ByteBuffer bridge;

  private @Nullable BlobCursor in;
  private String layer = "";
  private boolean inFrame;
  private long frameStart;

  ZstdDecoder(Limits limits, WindowBudget windows) {
    this.limits = limits;
    this.windows = windows;
  }

  @Override
  public void start(BlobCursor newIn, String newLayer) {
    in = newIn;
    layer = newLayer;
    inFrame = false;
    if (bridge != null) {
      bridge.limit(0);
    }
  }

  @Override
  public boolean decode(ByteBuffer out) throws IOException {
    if (in == null) {
      throw new IllegalStateException("not started");
    }
    while (out.hasRemaining()) {
      if (!inFrame && !readHeader(in)) {
        return false;
      }
      decompress(in, out);
    }
    return true;
  }

  @Override
  public boolean decodeStream(ByteBuffer out) throws IOException {
    if (in == null) {
      throw new IllegalStateException("not started");
    }
    if (!inFrame && !readHeader(in)) {
      return false;
    }
    while (inFrame && out.hasRemaining()) {
      decompress(in, out);
    }
    return true;
  }

  @Override
  public int heldBack() {
    return inFrame ? 1 : 0;
  }

  @Override
  public long streamStart() {
    return frameStart;
  }

  private void decompress(BlobCursor cursor, ByteBuffer out) throws IOException {
    var from = out.position();
    var source = source(cursor);
    var given = source.remaining();
    try {
      inFrame = !context.decompressDirectByteBufferStream(out, source);
    } catch (ZstdException e) {
      throw bad("zstd data in the frame at", e.getMessage(), "valid zstd data", e);
    }
    if (inFrame && given == 0 && out.position() == from) {
      throw new EOFException("layer " + layer + ": zstd frame at " + frameStart + " is cut off");
    }
  }

  /** Returns the next input, empty at the end: the decompressor may still hold output then. */
  private ByteBuffer source(BlobCursor cursor) throws IOException {
    if (header.hasRemaining()) {
      return header;
    }
    if (bridge != null && bridge.hasRemaining()) {
      return bridge;
    }
    var piece = cursor.piece();
    if (piece == null) {
      return header;
    }
    return piece.isDirect() ? piece : bridge(piece);
  }

  private ByteBuffer bridge(ByteBuffer piece) {
    if (bridge == null) {
      bridge = ByteBuffer.allocateDirect(16 << 10);
    }
    bridge.clear();
    var count = Math.min(piece.remaining(), bridge.capacity());
    bridge.put(0, piece, piece.position(), count).limit(count);
    piece.position(piece.position() + count);
    return bridge;
  }

  /** Reads a frame's header; returns false if the input ends before it. */
  private boolean readHeader(BlobCursor cursor) throws IOException {
    while (more(cursor)) {
      frameStart = cursor.position() - bridged();
      header.clear();
      fill(cursor, Integer.BYTES);
      var magic = header.getInt(0);
      if (magic == MAGIC) {
        readFrameHeader(cursor);
        return true;
      }
      if ((magic & SKIPPABLE_MASK) != SKIPPABLE_MAGIC) {
        throw bad("zstd magic at", Integer.toHexString(magic), "fd2fb528 or 184d2a5?", null);
      }
      fill(cursor, Integer.BYTES);
      var length = header.getInt(Integer.BYTES) & 0xffff_ffffL;
      header.limit(0);
      skip(cursor, length);
    }
    return false;
  }

  private void readFrameHeader(BlobCursor cursor) throws IOException {
    fill(cursor, 1);
    var descriptor = header.get(4);
    var single = (descriptor & 0x20) != 0;
    var sizeFlag = (descriptor & 0xff) >>> 6;
    var sizeBytes = sizeFlag == 0 ? (single ? 1 : 0) : 1 << sizeFlag;
    if ((descriptor & 3) != 0) {
      throw bad("zstd dictionary flag at", descriptor & 3, "0", null);
    }
    fill(cursor, (single ? 0 : 1) + DICTIONARY_ID_BYTES[descriptor & 3] + sizeBytes);
    var window = single ? contentSize(5, sizeBytes) : window(header.get(5) & 0xff);
    if (window < 0 || window > limits.zstdWindowBytes()) {
      throw bad("zstd window at", window, "at most " + limits.zstdWindowBytes(), null);
    }
    reserve(window);
    context.reset();
    header.flip();
    inFrame = true;
  }

  /** Makes room for the window; gives way between frames to others who wait for room. */
  private void reserve(long window) throws IOException {
    if (taken > WindowBudget.unitsOf(SMALL_WINDOW) && windows.isWanted()) {
      shrink();
    }
    if (WindowBudget.unitsOf(window) > taken) {
      shrink();
      taken = windows.take(window);
    }
  }

  /** Frees the window, which the context keeps for as long as it lives. */
  private void shrink() {
    if (taken > 0) {
      context.close();
      context = new ZstdDecompressCtx();
      windows.give(taken);
      taken = 0;
    }
  }

  private static long window(int descriptor) {
    var base = 1L << (10 + (descriptor >>> 3));
    return base + base / 8 * (descriptor & 7);
  }

  private long contentSize(int at, int bytes) {
    return switch (bytes) {
      case 1 -> header.get(at) & 0xff;
      case 2 -> (header.getShort(at) & 0xffff) + 256;
      case 4 -> header.getInt(at) & 0xffff_ffffL;
      default -> header.getLong(at);
    };
  }

  /** Returns how many bytes were copied to the bridge and not used yet. */
  private int bridged() {
    return bridge == null ? 0 : bridge.remaining();
  }

  private void skip(BlobCursor cursor, long length) throws IOException {
    int copied = (int) Math.min(length, bridged());
    if (bridge != null) {
      bridge.position(bridge.position() + copied);
    }
    cursor.skipTo(cursor.position() + length - copied);
  }

  private boolean more(BlobCursor cursor) throws IOException {
    return bridged() > 0 || cursor.piece() != null;
  }

  private void fill(BlobCursor cursor, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      var b = bridge != null && bridge.hasRemaining() ? bridge.get() & 0xff : cursor.read();
      if (b < 0) {
        throw new EOFException("layer " + layer + ": zstd header at " + frameStart + " is cut off");
      }
      header.put((byte) b);
    }
  }

  private LayerFormatException bad(
      String field, @Nullable Object value, String limit, @Nullable Throwable cause) {
    var where = field + " blob offset " + frameStart;
    return new LayerFormatException(layer, where, String.valueOf(value), limit, cause);
  }

  @Override
  public void rest() {
    if (taken > WindowBudget.unitsOf(SMALL_WINDOW)) {
      shrink();
    }
  }

  @Override
  public void close() {
    context.close();
    windows.give(taken);
    taken = 0;
  }
}
