package dev.lazuli.snapshotter.snapshots;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dev.lazuli.bridge.kernel.FileMode;
import dev.lazuli.snapshotter.layers.Usage;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;

/** Walks over trees that containers wrote: no symbolic link is ever followed. */
final class DirectoryTree {
  private static final int BLOCK_BYTES = 4096;

  /** Levels of a tree that are open at once while it is deleted. */
  private static final int MAX_DEPTH = 32;

  private DirectoryTree() {}

  /**
   * Returns what a tree takes; a file with several names counts once, one that vanishes meanwhile
   * not at all.
   *
   * @param mostLinked how many files with several names are remembered, about 70 bytes for each; of
   *     any further one, each name counts for its share. The sum is the same if all names are here
   */
  static Usage usage(Path root, int mostLinked) throws IOException {
    var counter = new UsageCounter(mostLinked);
    Files.walkFileTree(root, counter);
    return counter.usage();
  }

  private static final class UsageCounter extends SimpleFileVisitor<Path> {
    private final int mostLinked;
    private final Set<Object> linked = new HashSet<>();
    private long bytes;
    private long inodes;
    private double sharedBytes;
    private double sharedInodes;

    UsageCounter(int mostLinked) {
      this.mostLinked = mostLinked;
    }

    Usage usage() {
      return new Usage(bytes + Math.round(sharedBytes), inodes + Math.round(sharedInodes));
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
      return count(attributes);
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      try {
        int names = (int) Files.getAttribute(file, "unix:nlink", NOFOLLOW_LINKS);
        return names <= 1 ? count(attributes) : countLinked(attributes, names);
      } catch (NoSuchFileException e) {
        return visitFileFailed(file, e);
      }
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (e instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      throw e;
    }

    private FileVisitResult countLinked(BasicFileAttributes attributes, int names) {
      var key = attributes.fileKey();
      if (linked.contains(key)) {
        return FileVisitResult.CONTINUE;
      }
      if (linked.size() < mostLinked) {
        linked.add(key);
        return count(attributes);
      }
      sharedBytes += (double) blockBytes(attributes) / names;
      sharedInodes += 1.0 / names;
      return FileVisitResult.CONTINUE;
    }

    private FileVisitResult count(BasicFileAttributes attributes) {
      bytes += blockBytes(attributes);
      inodes++;
      return FileVisitResult.CONTINUE;
    }

    private static long blockBytes(BasicFileAttributes attributes) {
      return (attributes.size() + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    }
  }

  /** Deletes the whiteouts of a tree below which there is nothing to hide. */
  static void deleteWhiteouts(Path root) throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (attributes.isOther() && isWhiteout(file)) {
              Files.delete(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** A character device 0/0, as overlayfs has it. */
  private static boolean isWhiteout(Path file) throws IOException {
    var attributes = Files.readAttributes(file, "unix:mode,rdev", NOFOLLOW_LINKS);
    return attributes.get("mode") instanceof Integer mode
        && FileMode.type(mode) == FileMode.CHARACTER_DEVICE
        && attributes.get("rdev") instanceof Long device
        && device == 0;
  }

  /**
   * Deletes a tree, relative to open directories, so that nothing renamed meanwhile can lead out of
   * it. Takes at most {@link #MAX_DEPTH} descriptors and as many stack frames, however deep the
   * tree is: what lies deeper is first moved up to its root.
   */
  static void delete(Path root) throws IOException {
    try (var parent = Files.newDirectoryStream(root.getParent())) {
      if (!(parent instanceof SecureDirectoryStream<Path> secure)) {
        throw new IOException("cannot delete " + root + ": its file system has no openat(2)");
      }
      var name = root.getFileName();
      boolean moved = isDirectory(secure, name);
      while (moved) {
        try (var top = secure.newDirectoryStream(name, NOFOLLOW_LINKS)) {
          moved = deleteChildren(top, top, 1);
        }
      }
      deleteEntry(secure, name, secure, 0);
    } catch (NoSuchFileException _) {
      // Gone already is what was wanted.
    }
  }

  private static boolean isDirectory(SecureDirectoryStream<Path> parent, Path name)
      throws IOException {
    return parent
        .getFileAttributeView(name, BasicFileAttributeView.class, NOFOLLOW_LINKS)
        .readAttributes()
        .isDirectory();
  }

  /**
   * Returns whether something was moved up to {@code top}, so that this has to be gone over again.
   */
  private static boolean deleteChildren(
      SecureDirectoryStream<Path> directory, SecureDirectoryStream<Path> top, int depth)
      throws IOException {
    boolean moved = false;
    for (var child : directory) {
      try {
        moved |= deleteEntry(directory, child.getFileName(), top, depth);
      } catch (NoSuchFileException _) {
        // Gone already is what was wanted.
      }
    }
    return moved;
  }

  private static boolean deleteEntry(
      SecureDirectoryStream<Path> parent, Path name, SecureDirectoryStream<Path> top, int depth)
      throws IOException {
    if (!isDirectory(parent, name)) {
      parent.deleteFile(name);
      return false;
    }
    if (depth == MAX_DEPTH) {
      parent.move(name, top, Path.of(".deleting-" + UUID.randomUUID()));
      return true;
    }
    boolean moved;
    try (var children = parent.newDirectoryStream(name, NOFOLLOW_LINKS)) {
      moved = deleteChildren(children, top, depth + 1);
    }
    parent.deleteDirectory(name);
    return moved;
  }
}
