package dev.lazuli.estargz.read;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.checkpoint.CheckpointFinder;
import dev.lazuli.estargz.checkpoint.InflatePrefix;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Gzip members (RFC 1952), inflated straight from the transport's buffers. The header is parsed
 * here; the CRC in the trailer is skipped, because the chunk's SHA-256 is stronger.
 */
final class GzipDecoder implements StreamDecoder {
  private static final int MAGIC = 0x1f8b;
  private static final int DEFLATE = 8;
  private static final int FLAG_HEADER_CRC = 0x02;
  private static final int FLAG_EXTRA = 0x04;
  private static final int FLAG_NAME = 0x08;
  private static final int FLAG_COMMENT = 0x10;
  private static final int RESERVED_FLAGS = 0xe0;
  private static final int TRAILER_BYTES = 8;
  private static final int WINDOW_BYTES = 32 << 10;

  private final Limits limits;
  private final Inflater inflater = new Inflater(/* nowrap= */ true);
  private @Nullable BlobCursor in;
  private String layer = "";
  private boolean inMember;
  private long headerStart;
  private @Nullable CheckpointFinder watcher;

  /** Where in the output begins what the watcher was not told yet. */
  private int untold;

  GzipDecoder(Limits limits) {
    this.limits = limits;
  }

  @Override
  public void start(BlobCursor newIn, String newLayer) {
    in = newIn;
    layer = newLayer;
    inMember = false;
    watcher = null;
    inflater.reset();
  }

  /**
   * Forgets what was, and continues in the middle of a member.
   *
   * @param newIn at the byte that has the first bit
   * @param bit that bit, 0 to 7
   * @param window what came out before it, deflated
   */
  void startWithin(BlobCursor newIn, String newLayer, int bit, ByteBuffer window)
      throws IOException {
    start(newIn, newLayer);
    headerStart = newIn.position();
    byte[] before = inflated(window);
    inflater.reset();
    inflater.setDictionary(before);
    if (bit > 0) {
      inflater.setInput(InflatePrefix.of(next(newIn), bit));
    }
    inMember = true;
  }

  private byte[] inflated(ByteBuffer window) throws LayerFormatException {
    byte[] all = new byte[WINDOW_BYTES];
    try {
      inflater.setInput(window);
      int count = inflater.inflate(all);
      if (inflater.finished() && count > 0) {
        return Arrays.copyOf(all, count);
      }
    } catch (DataFormatException e) {
      throw bad("window of the checkpoint at", e.getMessage(), "valid deflate data", e);
    }
    throw bad("window of the checkpoint at", "of another size", "1 to 32768 bytes", null);
  }

  /** Tells somebody of members, of all that goes in and of all that comes out, until a start. */
  void watchedBy(CheckpointFinder finder) {
    watcher = finder;
  }

  @Override
  public boolean decode(ByteBuffer out) throws IOException {
    var cursor = started();
    while (out.hasRemaining()) {
      if (!inMember && !readHeader(cursor)) {
        return false;
      }
      inflate(cursor, out);
    }
    return true;
  }

  @Override
  public boolean decodeStream(ByteBuffer out) throws IOException {
    var cursor = started();
    if (!inMember && !readHeader(cursor)) {
      return false;
    }
    untold = out.position();
    while (inMember && out.hasRemaining()) {
      inflate(cursor, out);
    }
    if (watcher != null) {
      tellOutput(watcher, out);
      if (!inMember) {
        watcher.memberEnds();
      }
    }
    return true;
  }

  private void tellOutput(CheckpointFinder finder, ByteBuffer out) {
    finder.output(out.slice(untold, out.position() - untold));
    untold = out.position();
  }

  @Override
  public long streamStart() {
    return headerStart;
  }

  private void inflate(BlobCursor cursor, ByteBuffer out) throws IOException {
    try {
      var made = inflater.inflate(out);
      if (inflater.finished()) {
        cursor.skipTo(cursor.position() + TRAILER_BYTES);
        inflater.reset();
        inMember = false;
      } else if (inflater.needsDictionary()) {
        throw bad("deflate data at", "a preset dictionary", "none", null);
      } else if (made == 0) {
        feed(cursor, out);
      }
    } catch (DataFormatException e) {
      throw bad("deflate data in the gzip member at", e.getMessage(), "valid deflate data", e);
    }
  }

  /** Gives the inflater more, when nothing more comes of what it has. */
  private void feed(BlobCursor cursor, ByteBuffer out) throws IOException {
    if (watcher != null) {
      tellOutput(watcher, out);
    }
    var piece = watcher == null ? cursor.piece() : cursor.piece(watcher.portion());
    if (piece == null) {
      throw new EOFException("layer " + layer + ": gzip member at " + headerStart + " is cut off");
    }
    inflater.setInput(piece);
    if (watcher != null) {
      watcher.input(piece, cursor.position());
    }
  }

  /** Reads a member's header; returns false if the input ends before it. */
  private boolean readHeader(BlobCursor cursor) throws IOException {
    if (cursor.piece() == null) {
      return false;
    }
    headerStart = cursor.position();
    var magic = next(cursor) << 8 | next(cursor);
    if (magic != MAGIC) {
      throw bad("gzip magic at", Integer.toHexString(magic), "1f8b", null);
    }
    var method = next(cursor);
    if (method != DEFLATE) {
      throw bad("gzip method at", method, "8", null);
    }
    var flags = next(cursor);
    if ((flags & RESERVED_FLAGS) != 0) {
      throw bad("gzip flags at", flags, "no reserved bits", null);
    }
    // Modification time, extra flags and operating system do not matter.
    cursor.skipTo(cursor.position() + 6);
    if ((flags & FLAG_EXTRA) != 0) {
      var length = next(cursor) | next(cursor) << 8;
      cursor.skipTo(cursor.position() + length);
    }
    if ((flags & FLAG_NAME) != 0) {
      skipString(cursor);
    }
    if ((flags & FLAG_COMMENT) != 0) {
      skipString(cursor);
    }
    if ((flags & FLAG_HEADER_CRC) != 0) {
      cursor.skipTo(cursor.position() + 2);
    }
    checkHeaderLength(cursor);
    inMember = true;
    if (watcher != null) {
      watcher.memberBegins(headerStart);
    }
    return true;
  }

  private void skipString(BlobCursor cursor) throws IOException {
    while (next(cursor) != 0) {
      checkHeaderLength(cursor);
    }
  }

  private void checkHeaderLength(BlobCursor cursor) throws LayerFormatException {
    var length = cursor.position() - headerStart;
    if (length > limits.gzipHeaderBytes()) {
      throw bad("gzip header bytes at", length, "at most " + limits.gzipHeaderBytes(), null);
    }
  }

  private int next(BlobCursor cursor) throws IOException {
    var b = cursor.read();
    if (b < 0) {
      throw new EOFException("layer " + layer + ": gzip header at " + headerStart + " is cut off");
    }
    return b;
  }

  private BlobCursor started() {
    if (in == null) {
      throw new IllegalStateException("not started");
    }
    return in;
  }

  private LayerFormatException bad(
      String field, @Nullable Object value, String limit, @Nullable Throwable cause) {
    var where = field + " blob offset " + headerStart;
    return new LayerFormatException(layer, where, String.valueOf(value), limit, cause);
  }

  @Override
  public void rest() {
    watcher = null;
  }

  @Override
  public void close() {
    inflater.close();
  }
}
