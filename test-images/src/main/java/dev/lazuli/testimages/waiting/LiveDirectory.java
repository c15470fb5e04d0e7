package dev.lazuli.testimages.waiting;

import dev.lazuli.demo.containerd.Command;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A directory in which a daemon makes, moves and deletes files while a test looks at it. What goes
 * away during a look is left out; {@link Files#walk} fails there.
 */
public final class LiveDirectory {
  private LiveDirectory() {}

  /** Returns the regular files below a directory, none if there is no such directory. */
  public static List<Path> files(Path directory) throws IOException {
    var files = new ArrayList<Path>();
    var _ =
        Files.walkFileTree(
            directory,
            new SimpleFileVisitor<>() {
              @Override
              public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (attributes.isRegularFile()) {
                  files.add(file);
                }
                return FileVisitResult.CONTINUE;
              }

              @Override
              public FileVisitResult visitFileFailed(Path file, IOException reason)
                  throws IOException {
                return unlessGone(reason);
              }

              @Override
              public FileVisitResult postVisitDirectory(Path of, @Nullable IOException reason)
                  throws IOException {
                return reason == null ? FileVisitResult.CONTINUE : unlessGone(reason);
              }
            });
    return files;
  }

  private static FileVisitResult unlessGone(IOException reason) throws IOException {
    if (reason instanceof NoSuchFileException) {
      return FileVisitResult.CONTINUE;
    }
    throw reason;
  }

  /**
   * Returns the bytes that {@code du} counts below a directory.
   *
   * @param options further ones, such as {@code --apparent-size}
   * @throws IOException if the directory itself cannot be counted
   */
  public static long diskBytes(Path directory, String... options) throws IOException {
    // Its exit status tells of files that went away; it counts the others all the same.
    var result =
        Command.of("du", "--summarize", "--block-size=1")
            .with(options)
            .with(directory.toString())
            .run();
    int end = result.output().indexOf('\t');
    if (end < 0) {
      throw new IOException(result.errors().strip());
    }
    return Long.parseLong(result.output().substring(0, end));
  }
}
