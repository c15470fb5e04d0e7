package dev.lazuli.bridge.erofs;

import static dev.lazuli.bridge.erofs.ErofsFormat.INODE_SIZE;

import dev.lazuli.bridge.kernel.FileMode;
import dev.lazuli.bridge.kernel.OverlayMarks;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads an image made by {@link ErofsWriter}, in place: nothing is kept on the heap but the
 * superblock's facts, and {@link #lookup} and the attributes allocate nothing. Every reference in
 * the image is checked when it is followed, so a damaged image, or a nid that is none, gives a
 * {@link CorruptImageException} and never bytes from elsewhere.
 *
 * <p>Any thread may read. {@link #close} must come after the last read; a read after it throws
 * {@link IllegalStateException}.
 */
public final class ErofsImage implements AutoCloseable {
  private static final List<MemorySegment> OPAQUE =
      OverlayMarks.OPAQUE.stream()
          .map(name -> MemorySegment.ofArray(name.getBytes(StandardCharsets.US_ASCII)))
          .toList();

  /** What {@link #lookup} returns for a name that is not there. */
  public static final long ABSENT = DirectoryBlocks.ABSENT;

  private final ImageBytes bytes;
  private final InodeReader inodes;
  private final SuperBlock superBlock;
  private final @Nullable Arena arena;
  private volatile @Nullable DataPaths paths;

  private ErofsImage(MemorySegment segment, @Nullable Arena arena) throws CorruptImageException {
    this.superBlock = SuperBlock.read(segment);
    this.bytes = new ImageBytes(segment.asReadOnly(), superBlock.blockSize());
    this.inodes = new InodeReader(bytes);
    this.arena = arena;
    if (!FileMode.isDirectory(mode(rootNid()))) {
      throw new CorruptImageException("the root is not a directory");
    }
  }

  /**
   * Maps an image file.
   *
   * @throws CorruptImageException if it is not an image of {@link ErofsWriter}
   * @throws IOException if it cannot be opened or mapped
   */
  public static ErofsImage open(Path file) throws IOException {
    var arena = Arena.ofShared();
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      var segment = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return new ErofsImage(segment, arena);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /**
   * Reads an image that the caller keeps; {@link #close} does not end its memory.
   *
   * @throws CorruptImageException if it is not an image of {@link ErofsWriter}
   */
  public static ErofsImage of(MemorySegment segment) throws CorruptImageException {
    return new ErofsImage(segment, null);
  }

  /** Unmaps the file. Idempotent. */
  @Override
  public void close() {
    if (arena != null && arena.scope().isAlive()) {
      arena.close();
    }
  }

  /** Returns the root's nid. Nids are the inode numbers that users see in every kind of mount. */
  public long rootNid() {
    return superBlock.rootNid();
  }

  /** Returns how many inodes the image holds. */
  public long inodeCount() {
    return superBlock.inodeCount();
  }

  /** Returns the block size in bytes, 512 to 4096. */
  public int blockSize() {
    return superBlock.blockSize();
  }

  /** Returns the size in bytes of the data device that the image describes. */
  public long deviceSize() {
    return superBlock.deviceSize();
  }

  /** Returns the image's own size in bytes, as its superblock says. */
  public long imageSize() {
    return superBlock.imageSize();
  }

  /** Returns the full {@code st_mode}. */
  public int mode(long nid) throws CorruptImageException {
    return bytes.unsignedShort(inodes.at(nid) + ErofsFormat.INODE_MODE);
  }

  /**
   * Returns whether {@link #isImplied} and {@link #hasImplied} say anything: earlier versions did
   * not note it.
   */
  public boolean tellsImplied() throws CorruptImageException {
    return (ownFlags(rootNid()) & ErofsFormat.OWN_TELLS_IMPLIED) != 0;
  }

  /** Returns whether any directory but the root is implied, or was until its entry came. */
  public boolean hasImplied() throws CorruptImageException {
    return (ownFlags(rootNid()) & ErofsFormat.OWN_HAS_IMPLIED) != 0;
  }

  /** Returns whether a directory has no entry of its own, so that its attributes are assumed. */
  public boolean isImplied(long nid) throws CorruptImageException {
    return (ownFlags(nid) & ErofsFormat.OWN_IMPLIED) != 0;
  }

  /**
   * Returns whether a directory's entry came after something in it, so that it keeps the extended
   * attributes of the layers below. Earlier versions did not note it.
   */
  public boolean isImpliedFirst(long nid) throws CorruptImageException {
    return (ownFlags(nid) & ErofsFormat.OWN_IMPLIED_FIRST) != 0;
  }

  private int ownFlags(long nid) throws CorruptImageException {
    return bytes.getInt(inodes.at(nid) + ErofsFormat.INODE_OWN_FLAGS);
  }

  /** Returns the owner's number, unsigned. */
  public int uid(long nid) throws CorruptImageException {
    return bytes.getInt(inodes.at(nid) + ErofsFormat.INODE_UID);
  }

  /** Returns the group's number, unsigned. */
  public int gid(long nid) throws CorruptImageException {
    return bytes.getInt(inodes.at(nid) + ErofsFormat.INODE_GID);
  }

  /** Returns the modification time's seconds since 1970, rounded down. */
  public long mtimeSeconds(long nid) throws CorruptImageException {
    return bytes.getLong(inodes.at(nid) + ErofsFormat.INODE_MTIME);
  }

  /** Returns the modification time's nanoseconds above {@link #mtimeSeconds}. */
  public int mtimeNanos(long nid) throws CorruptImageException {
    return bytes.getInt(inodes.at(nid) + ErofsFormat.INODE_MTIME_NANOS);
  }

  /** Returns the number of names; 2 + subdirectories for a directory. */
  public int linkCount(long nid) throws CorruptImageException {
    return bytes.getInt(inodes.at(nid) + ErofsFormat.INODE_LINKS);
  }

  /**
   * Returns {@code st_size} in bytes: a file's size, a link's target length, a directory's data.
   */
  public long size(long nid) throws CorruptImageException {
    return bytes.getLong(inodes.at(nid) + ErofsFormat.INODE_FILE_SIZE);
  }

  /**
   * Returns a device's number as the kernel's {@code new_encode_dev} packs it (and as FUSE's {@code
   * rdev} wants it): minor bits 0-7, major bits 8-19, minor's upper bits 20-31; 0 for other types.
   */
  public int encodedDevice(long nid) throws CorruptImageException {
    long inode = inodes.at(nid);
    int mode = bytes.unsignedShort(inode + ErofsFormat.INODE_MODE);
    return FileMode.isDevice(mode) ? bytes.getInt(inode + ErofsFormat.INODE_UNION) : 0;
  }

  /**
   * Returns where on the data device a regular file's bytes lie, all in one piece; -1 for an empty
   * file.
   *
   * @throws CorruptImageException also if {@code nid} is not a regular file
   */
  public long dataOffset(long nid) throws CorruptImageException {
    return inodes.dataOffset(nid, deviceSize());
  }

  /**
   * Returns a symbolic link's target, a view of the image.
   *
   * @throws CorruptImageException also if {@code nid} is not a symbolic link
   */
  public MemorySegment linkTarget(long nid) throws CorruptImageException {
    long inode = inodes.ofType(nid, FileMode.SYMLINK);
    return bytes.segment().asSlice(inodes.content(inode), size(nid));
  }

  /**
   * Returns the nid of a name in a directory, {@code .} and {@code ..} included, or {@link
   * #ABSENT}.
   *
   * @param names the segment that holds the name
   * @param nameOffset where the name starts in it
   * @param nameLength its length in bytes, without a terminator
   * @throws CorruptImageException also if {@code directory} is not a directory
   */
  public long lookup(long directory, MemorySegment names, long nameOffset, int nameLength)
      throws CorruptImageException {
    long inode = inodes.ofType(directory, FileMode.DIRECTORY);
    return DirectoryBlocks.find(
        bytes, inodes.content(inode), size(directory), names, nameOffset, nameLength);
  }

  /**
   * Hands a directory's entries, {@code .} and {@code ..} included, to the visitor in bytewise
   * order of the names, until it refuses one.
   *
   * @param cookie 0 to start, or an entry's {@code nextCookie} to go on after it
   * @throws CorruptImageException also if {@code directory} is not a directory
   */
  public void forEachEntry(long directory, long cookie, EntryVisitor visitor)
      throws CorruptImageException {
    if (cookie < 0) {
      throw new IllegalArgumentException("cookie " + cookie);
    }
    long inode = inodes.ofType(directory, FileMode.DIRECTORY);
    DirectoryBlocks.list(bytes, inodes.content(inode), size(directory), cookie, visitor);
  }

  /**
   * Returns the path of the file that holds a byte of the data device, relative to the root, as far
   * as names are UTF-8; one of its paths if it has several names. The first call walks the image
   * and keeps 8 bytes for each file, off the heap.
   *
   * @param dataOffset the byte's place on the data device
   */
  public Optional<String> pathAt(long dataOffset) throws CorruptImageException {
    var known = paths;
    if (known == null) {
      known = DataPaths.of(this);
      paths = known;
    }
    return known.pathAt(dataOffset);
  }

  /**
   * Copies an extended attribute's value, as getxattr(2) does.
   *
   * @param name the full name, without a terminator
   * @param into filled from its start, if it is large enough for the whole value
   * @return the value's size in bytes, which may exceed {@code into}'s; -1 if there is no such
   *     attribute
   */
  public int getXattr(long nid, MemorySegment name, MemorySegment into)
      throws CorruptImageException {
    long inode = inodes.at(nid);
    return XattrBody.get(bytes, inode + INODE_SIZE, inodes.xattrSize(inode), name, into);
  }

  /** Returns whether the directory hides those below it from overlayfs. */
  public boolean isOpaque(long nid) throws CorruptImageException {
    var value = MemorySegment.ofArray(new byte[1]);
    for (var name : OPAQUE) {
      if (getXattr(nid, name, value) == 1
          && value.get(ValueLayout.JAVA_BYTE, 0) == OverlayMarks.OPAQUE_VALUE) {
        return true;
      }
    }
    return false;
  }

  /**
   * Lists the extended attributes' full names, each ended by a NUL, as listxattr(2) does.
   *
   * @param into filled from its start with the names that fit
   * @return the size in bytes of all names, which may exceed {@code into}'s
   */
  public int listXattrs(long nid, MemorySegment into) throws CorruptImageException {
    long inode = inodes.at(nid);
    return XattrBody.list(bytes, inode + INODE_SIZE, inodes.xattrSize(inode), into);
  }
}
