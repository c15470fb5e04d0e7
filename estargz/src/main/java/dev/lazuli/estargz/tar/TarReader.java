package dev.lazuli.estargz.tar;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar entry by entry and keeps the header blocks as they are, if wanted. Knows ustar, PAX
 * and GNU long names; sparse files and multi-volume parts are refused. For one thread.
 */
public final class TarReader {
  /** The message for bytes that are not a tar. */
  public static final String NO_TAR = "it is neither tar, gzip nor zstd";

  private static final int REST_BYTES = 64 << 10;

  private final InputStream in;
  private final boolean keepsBlocks;
  private long offset;
  private long entryOffset;
  private long left;
  private int padding;

  /** What was read behind the last entry. */
  private byte[] end = {};

  /** Reads from here on. */
  public TarReader(InputStream in) {
    this(in, true);
  }

  private TarReader(InputStream in, boolean keepsBlocks) {
    this.in = in;
    this.keepsBlocks = keepsBlocks;
  }

  /** Returns a reader for who does not write the tar again: entries have no header blocks. */
  public static TarReader withoutBlocks(InputStream in) {
    return new TarReader(in, false);
  }

  /**
   * Returns the next entry, null at the end-of-archive blocks or the end of the input.
   *
   * @throws TarFormatException if the tar is broken, or the entry is what no lazy layer can hold
   * @throws EOFException if the tar ends within the entry's headers
   */
  public @Nullable TarEntry next() throws IOException {
    if (left > 0) {
      throw new IllegalStateException(left + " bytes of the entry were not read");
    }
    entryOffset = offset;
    var extensions = new TarExtensions(offset, keepsBlocks);
    while (true) {
      var block = block();
      extensions.addRaw(block);
      if (block.length == 0 || TarHeader.isZeros(block)) {
        // Extensions without an entry mean nothing.
        end = extensions.raw();
        return null;
      }
      var header = new TarHeader(block);
      if (!header.isIntact()) {
        throw notIntact(header);
      }
      if (!TarExtensions.isOne(header)) {
        return entry(TarEntries.of(header, extensions, entryOffset));
      }
      extensions.add(header, extension(header, extensions));
    }
  }

  private TarFormatException notIntact(TarHeader header) {
    return offset == TarHeader.BLOCK
        ? new TarFormatException(NO_TAR)
        : new TarFormatException(header.name(), entryOffset, "header checksum is wrong");
  }

  private TarEntry entry(TarEntry entry) {
    left = entry.size();
    padding = TarBlocks.padding(left);
    return entry;
  }

  /** Returns where the last entry's first header block lies, counted from where reading began. */
  public long entryOffset() {
    return entryOffset;
  }

  /** Returns where the next byte lies, counted from where reading began. */
  public long offset() {
    return offset;
  }

  /** Passes over the content and padding of the current entry. */
  public void skipContent() throws IOException {
    skipContentAlone();
    var _ = readPadding();
  }

  /** Passes over the content of the current entry; its padding is to be read. */
  public void skipContentAlone() throws IOException {
    TarBlocks.skip(in, left, "tar ends within the content at offset " + offset);
    offset += left;
    left = 0;
  }

  /**
   * Returns the next bytes behind the last entry, from the end-of-archive blocks to the end of the
   * input; empty at its end. For readers that keep blocks.
   */
  public byte[] rest() throws IOException {
    var next = end;
    end = new byte[0];
    return next.length > 0 ? next : in.readNBytes(REST_BYTES);
  }

  /** Reads content of the current entry; all of it must be read before the next one. */
  public void readContent(byte[] into, int at, int length) throws IOException {
    if (length > left) {
      throw new IllegalArgumentException(length + " bytes wanted of " + left);
    }
    if (in.readNBytes(into, at, length) < length) {
      throw new EOFException("tar ends within the content at offset " + offset);
    }
    left -= length;
    offset += length;
  }

  /**
   * Returns the zeros behind the content that fill its last block. There are fewer where the tar
   * ends with the content, as some do.
   */
  public byte[] readPadding() throws IOException {
    var bytes = in.readNBytes(padding);
    offset += bytes.length;
    padding = 0;
    return bytes;
  }

  /** Returns the next block, empty at the end of the input. */
  private byte[] block() throws IOException {
    var block = in.readNBytes(TarHeader.BLOCK);
    offset += block.length;
    if (block.length > 0 && block.length < TarHeader.BLOCK) {
      if (offset < TarHeader.BLOCK) {
        throw new TarFormatException(NO_TAR);
      }
      throw new EOFException("tar ends within the header at offset " + (offset - block.length));
    }
    return block;
  }

  private byte[] extension(TarHeader header, TarExtensions extensions) throws IOException {
    var size = extensions.checkedSize(header);
    var padded = size + TarBlocks.padding(size);
    var content = in.readNBytes(padded);
    if (content.length < padded) {
      throw new EOFException("tar ends within the extension header at offset " + offset);
    }
    offset += padded;
    extensions.addRaw(content);
    return Arrays.copyOf(content, size);
  }
}
