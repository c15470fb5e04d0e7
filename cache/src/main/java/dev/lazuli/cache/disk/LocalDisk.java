package dev.lazuli.cache.disk;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Set;

/** The JDK's file operations. */
final class LocalDisk implements Disk {
  private final FileAttribute<?>[] attributes;

  /**
   * Makes it.
   *
   * @param attributes those of files that {@link #open} makes
   */
  LocalDisk(FileAttribute<?>... attributes) {
    this.attributes = attributes;
  }

  @Override
  @MustBeClosed
  public FileChannel open(Path file, OpenOption... options) throws IOException {
    return FileChannel.open(file, Set.of(options), attributes);
  }

  @Override
  public void createSparse(Path file, long size) throws IOException {
    Files.createFile(file);
    try (var data = new RandomAccessFile(file.toFile(), "rw")) {
      data.setLength(size);
    }
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    Files.createDirectories(directory);
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void delete(Path path) throws IOException {
    Files.deleteIfExists(path);
  }

  @Override
  public List<Path> list(Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      return entries.toList();
    } catch (java.io.UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public boolean isDirectory(Path path) {
    return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  public boolean exists(Path path) {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  public long size(Path file) throws IOException {
    return Files.size(file);
  }

  @Override
  public FileTime modified(Path file) throws IOException {
    return Files.getLastModifiedTime(file);
  }

  @Override
  public void setModified(Path file, FileTime when) throws IOException {
    Files.setLastModifiedTime(file, when);
  }

  @Override
  public long freeBytes(Path path) {
    return path.toFile().getUsableSpace();
  }

  @Override
  public long totalBytes(Path path) {
    return path.toFile().getTotalSpace();
  }
}
