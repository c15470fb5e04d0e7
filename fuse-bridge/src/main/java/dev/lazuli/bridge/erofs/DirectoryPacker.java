package dev.lazuli.bridge.erofs;

import static dev.lazuli.bridge.erofs.ErofsFormat.DIRENT_NAME_OFFSET;
import static dev.lazuli.bridge.erofs.ErofsFormat.DIRENT_SIZE;
import static dev.lazuli.bridge.erofs.ErofsFormat.DIRENT_TYPE;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lazuli.bridge.kernel.FileMode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Packs a directory's entries into blocks, in the form that {@link DirectoryBlocks} describes, and
 * adds {@code .} and {@code ..} at their places in the order. Used for one directory after the
 * other, by one thread: {@link #begin}, {@link #add} for each entry, {@link #end}.
 */
final class DirectoryPacker {
  /** Takes a block; it is the packer's again when the call returns. */
  @FunctionalInterface
  interface BlockSink {
    void block(byte[] block, int length) throws IOException;
  }

  private static final byte[] SELF = {'.'};
  private static final byte[] PARENT = {'.', '.'};
  private static final int NONE = -1;
  private static final int DIRECTORY_TYPE = FileMode.direntType(FileMode.DIRECTORY);

  private final int blockSize;
  private final BlockSink sink;
  private final ByteBuffer block;
  private final byte[] names;
  private byte[] name = new byte[ErofsFormat.MAX_NAME];
  private byte[] previous = new byte[ErofsFormat.MAX_NAME];

  private int directory;
  private long selfNid;
  private long parentNid;
  private int dotsAdded;
  private int previousLength;
  private int count;
  private int nameBytes;
  private long size;

  DirectoryPacker(int blockSize, BlockSink sink) {
    this.blockSize = blockSize;
    this.sink = sink;
    this.block = ByteBuffer.allocate(blockSize).order(ByteOrder.LITTLE_ENDIAN);
    this.names = new byte[blockSize];
  }

  /** Starts a directory; {@code directory} is its number in the source, for messages. */
  void begin(int directory, long selfNid, long parentNid) {
    this.directory = directory;
    this.selfNid = selfNid;
    this.parentNid = parentNid;
    dotsAdded = 0;
    previousLength = 0;
    count = 0;
    nameBytes = 0;
    size = 0;
  }

  /**
   * Adds an entry.
   *
   * @throws UnrepresentableInodeException if the name is none or out of order
   * @throws IOException if the sink fails
   */
  void add(MemorySegment entry, long nid, int type) throws IOException {
    int length = checkedLength(entry.byteSize());
    // Once out of the segment: an array's bytes are read faster by code that is not yet optimised.
    MemorySegment.copy(entry, JAVA_BYTE, 0, name, 0, length);
    checkName(length);
    addDotsBefore(length);
    append(name, length, nid, type);
    var last = previous;
    previous = name;
    previousLength = length;
    name = last;
  }

  /** Hands the last block to the sink and returns the size in bytes of the whole directory. */
  long end() throws IOException {
    addDotsBefore(NONE);
    int length = count * DIRENT_SIZE + nameBytes;
    flush(length);
    size += length;
    return size;
  }

  /** Adds those that come before the name that is to be added, or before the end. */
  private void addDotsBefore(int length) throws IOException {
    if (dotsAdded == 0 && (length == NONE || compare(SELF, SELF.length, name, length) < 0)) {
      append(SELF, SELF.length, selfNid, DIRECTORY_TYPE);
      dotsAdded = 1;
    }
    if (dotsAdded == 1 && (length == NONE || compare(PARENT, PARENT.length, name, length) < 0)) {
      append(PARENT, PARENT.length, parentNid, DIRECTORY_TYPE);
      dotsAdded = 2;
    }
  }

  private void append(byte[] entry, int length, long nid, int type) throws IOException {
    int used = count * DIRENT_SIZE + nameBytes;
    if (used + DIRENT_SIZE + length > blockSize) {
      Arrays.fill(block.array(), used, blockSize, (byte) 0);
      flush(blockSize);
      size += blockSize;
      count = 0;
      nameBytes = 0;
    }
    int dirent = count * DIRENT_SIZE;
    block.putLong(dirent, nid);
    block.putShort(dirent + DIRENT_NAME_OFFSET, (short) nameBytes);
    block.putShort(dirent + DIRENT_TYPE, (short) type);
    System.arraycopy(entry, 0, names, nameBytes, length);
    nameBytes += length;
    count++;
  }

  /** Puts the names behind the dirents, whose name offsets counted from the first name so far. */
  private void flush(int length) throws IOException {
    int direntBytes = count * DIRENT_SIZE;
    for (int at = DIRENT_NAME_OFFSET; at < direntBytes; at += DIRENT_SIZE) {
      block.putShort(at, (short) (block.getShort(at) + direntBytes));
    }
    System.arraycopy(names, 0, block.array(), direntBytes, nameBytes);
    sink.block(block.array(), length);
  }

  private int checkedLength(long length) throws UnrepresentableInodeException {
    if (length == 0 || length > ErofsFormat.MAX_NAME) {
      throw new UnrepresentableInodeException(
          directory, "entry with a name of " + length + " bytes");
    }
    return (int) length;
  }

  private void checkName(int length) throws UnrepresentableInodeException {
    for (int i = 0; i < length; i++) {
      if (name[i] == 0 || name[i] == '/') {
        throw new UnrepresentableInodeException(directory, "entry with NUL or / in its name");
      }
    }
    if (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'))) {
      throw new UnrepresentableInodeException(directory, "entry named . or ..");
    }
    if (compare(previous, previousLength, name, length) >= 0) {
      throw new UnrepresentableInodeException(directory, "entries not sorted by name");
    }
  }

  private static int compare(byte[] a, int lengthA, byte[] b, int lengthB) {
    return Arrays.compareUnsigned(a, 0, lengthA, b, 0, lengthB);
  }
}
