package dev.lazuli.cache.disk;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * Every file operation of a store. {@link #LOCAL} calls the JDK and does nothing else; a test puts
 * faults in between, and so can show what happens when any one of them fails. Thread-safe.
 */
public interface Disk {
  /** The file systems of this machine. */
  Disk LOCAL = new LocalDisk();

  /** The same; files that it makes are for their owner alone. */
  Disk PRIVATE =
      new LocalDisk(
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));

  /** Opens a file; what is done with the channel are file operations like those below. */
  @MustBeClosed
  FileChannel open(Path file, OpenOption... options) throws IOException;

  /** Makes a new file of {@code size} bytes that are all zero and take no room. */
  void createSparse(Path file, long size) throws IOException;

  /** Makes a directory and those above it, where they are missing. */
  void createDirectories(Path directory) throws IOException;

  /** Renames a file or directory at once or not at all; a file takes the place of another. */
  void move(Path from, Path to) throws IOException;

  /** Deletes a file or an empty directory; one that is not there is not an error. */
  void delete(Path path) throws IOException;

  /** Returns what is in a directory, in no order. */
  List<Path> list(Path directory) throws IOException;

  /** Returns whether there is a directory of that name, not a link to one. */
  boolean isDirectory(Path path);

  /** Returns whether the name is taken, by whatever it is. */
  boolean exists(Path path);

  /** Returns a file's size in bytes. */
  long size(Path file) throws IOException;

  /** Returns when a file was last modified. */
  FileTime modified(Path file) throws IOException;

  /** Says when a file was last modified. */
  void setModified(Path file, FileTime when) throws IOException;

  /** Returns how much may still be written to the file system of {@code path}, in bytes. */
  long freeBytes(Path path);

  /** Returns the size of the file system of {@code path} in bytes; 0 if it cannot be told. */
  long totalBytes(Path path);
}
