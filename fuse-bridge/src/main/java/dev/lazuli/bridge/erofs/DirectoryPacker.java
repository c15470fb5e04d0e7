package dev.lazuli.bridge.erofs;

import static dev.lazuli.bridge.erofs.ErofsFormat.DIRENT_NAME_OFFSET;
import static dev.lazuli.bridge.erofs.ErofsFormat.DIRENT_SIZE;
import static dev.lazuli.bridge.erofs.ErofsFormat.DIRENT_TYPE;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Packs a directory's entries into blocks, in the form that {@link DirectoryBlocks} describes, and
 * adds {@code .} and {@code ..} at their places in the order. Used for one directory after the
 * other, by one thread: {@link #begin}, {@link #add} for each entry, {@link #end}.
 */
final class DirectoryPacker {
  /** Takes a block; it is the packer's again when the call returns. */
  @FunctionalInterface
  interface BlockSink {
    void block(MemorySegment block, int length) throws IOException;
  }

  private static final MemorySegment SELF = MemorySegment.ofArray(new byte[] {'.'});
  private static final MemorySegment PARENT = MemorySegment.ofArray(new byte[] {'.', '.'});
  private static final int DIRECTORY_TYPE = FileMode.direntType(FileMode.DIRECTORY);

  private final int blockSize;
  private final BlockSink sink;
  private final MemorySegment block;
  private final MemorySegment names;
  private final MemorySegment previous;

  private int directory;
  private long selfNid;
  private long parentNid;
  private int dotsAdded;
  private int previousLength;
  private int count;
  private int nameBytes;
  private long size;

  DirectoryPacker(int blockSize, Arena arena, BlockSink sink) {
    this.blockSize = blockSize;
    this.sink = sink;
    this.block = arena.allocate(blockSize);
    this.names = arena.allocate(blockSize);
    this.previous = arena.allocate(ErofsFormat.MAX_NAME);
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
  void add(MemorySegment name, long nid, int type) throws IOException {
    checkName(name);
    addDotsBefore(name);
    append(name, nid, type);
  }

  /** Hands the last block to the sink and returns the size in bytes of the whole directory. */
  long end() throws IOException {
    addDotsBefore(null);
    int length = count * DIRENT_SIZE + nameBytes;
    flush(length);
    size += length;
    return size;
  }

  private void addDotsBefore(@Nullable MemorySegment name) throws IOException {
    if (dotsAdded == 0 && (name == null || compare(SELF, name) < 0)) {
      append(SELF, selfNid, DIRECTORY_TYPE);
      dotsAdded = 1;
    }
    if (dotsAdded == 1 && (name == null || compare(PARENT, name) < 0)) {
      append(PARENT, parentNid, DIRECTORY_TYPE);
      dotsAdded = 2;
    }
  }

  private void append(MemorySegment name, long nid, int type) throws IOException {
    int length = (int) name.byteSize();
    int used = count * DIRENT_SIZE + nameBytes;
    if (used + DIRENT_SIZE + length > blockSize) {
      block.asSlice(used).fill((byte) 0);
      flush(blockSize);
      size += blockSize;
      count = 0;
      nameBytes = 0;
    }
    long dirent = (long) count * DIRENT_SIZE;
    block.set(ErofsFormat.LONG, dirent, nid);
    block.set(ErofsFormat.SHORT, dirent + DIRENT_NAME_OFFSET, (short) nameBytes);
    block.set(ErofsFormat.SHORT, dirent + DIRENT_TYPE, (short) type);
    MemorySegment.copy(name, 0, names, nameBytes, length);
    nameBytes += length;
    count++;
  }

  /** Puts the names behind the dirents, whose name offsets counted from the first name so far. */
  private void flush(int length) throws IOException {
    int direntBytes = count * DIRENT_SIZE;
    for (long at = DIRENT_NAME_OFFSET; at < direntBytes; at += DIRENT_SIZE) {
      int offset = block.get(ErofsFormat.SHORT, at) + direntBytes;
      block.set(ErofsFormat.SHORT, at, (short) offset);
    }
    MemorySegment.copy(names, 0, block, direntBytes, nameBytes);
    sink.block(block, length);
  }

  private void checkName(MemorySegment name) throws UnrepresentableInodeException {
    long length = name.byteSize();
    if (length == 0 || length > ErofsFormat.MAX_NAME) {
      throw new UnrepresentableInodeException(
          directory, "entry with a name of " + length + " bytes");
    }
    for (long i = 0; i < length; i++) {
      byte b = name.get(JAVA_BYTE, i);
      if (b == 0 || b == '/') {
        throw new UnrepresentableInodeException(directory, "entry with NUL or / in its name");
      }
    }
    if (name.mismatch(SELF) == -1 || name.mismatch(PARENT) == -1) {
      throw new UnrepresentableInodeException(directory, "entry named . or ..");
    }
    if (compare(previous.asSlice(0, previousLength), name) >= 0) {
      throw new UnrepresentableInodeException(directory, "entries not sorted by name");
    }
    MemorySegment.copy(name, 0, previous, 0, length);
    previousLength = (int) length;
  }

  private static int compare(MemorySegment a, MemorySegment b) {
    long at = a.mismatch(b);
    if (at == -1) {
      return 0;
    }
    if (at == a.byteSize() || at == b.byteSize()) {
      return Long.compare(a.byteSize(), b.byteSize());
    }
    return Byte.compareUnsigned(a.get(JAVA_BYTE, at), b.get(JAVA_BYTE, at));
  }
}
