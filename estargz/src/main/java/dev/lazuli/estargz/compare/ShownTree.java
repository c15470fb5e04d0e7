package dev.lazuli.estargz.compare;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * The files of a layer as it is mounted. A file is a number above or equal to 0, the same by all of
 * its names. Used by one thread.
 */
public interface ShownTree extends AutoCloseable {
  /** What {@link #child} returns for a name that is not there. */
  long ABSENT = -1;

  /** Takes the names of a directory. */
  @FunctionalInterface
  interface NameVisitor {
    /** Takes one name, which is lent for the call, and the file that it names. */
    void name(MemorySegment name, long file) throws IOException;
  }

  /** Returns the root directory. */
  long root() throws IOException;

  /**
   * Returns whether the layer was indexed by the rules of this version, which note {@link
   * #isImplied}. What others were indexed by is not known.
   */
  boolean followsOurRules() throws IOException;

  /** Returns whether a directory has no entry of its own. */
  boolean isImplied(long file) throws IOException;

  /** Returns the full {@code st_mode}. */
  int mode(long file) throws IOException;

  /** Returns the owner, an unsigned 32-bit number. */
  int uid(long file) throws IOException;

  /** Returns the group, an unsigned 32-bit number. */
  int gid(long file) throws IOException;

  /** Returns the modification time in seconds since 1970. */
  long mtimeSeconds(long file) throws IOException;

  /** Returns the nanoseconds of the modification time. */
  int mtimeNanos(long file) throws IOException;

  /** Returns the number of names; of a directory 2 + its subdirectories. */
  int linkCount(long file) throws IOException;

  /** Returns a regular file's size in bytes. */
  long size(long file) throws IOException;

  /** Returns where a regular file's bytes lie in the data file; -1 for an empty file. */
  long dataOffset(long file) throws IOException;

  /** Returns a device's major number, 0 for anything else. */
  int deviceMajor(long file) throws IOException;

  /** Returns a device's minor number, 0 for anything else. */
  int deviceMinor(long file) throws IOException;

  /** Returns the target of a symbolic link. */
  MemorySegment linkTarget(long file) throws IOException;

  /** Returns the extended attributes by full name in ISO 8859-1. */
  Map<String, byte[]> xattrs(long file) throws IOException;

  /** Returns the file of a name in a directory, or {@link #ABSENT}. */
  long child(long directory, MemorySegment name) throws IOException;

  /** Visits the names of a directory, without {@code .} and {@code ..}. */
  void forEachChild(long directory, NameVisitor visitor) throws IOException;

  @Override
  void close();
}
