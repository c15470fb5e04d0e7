package dev.lazuli.snapshotter.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** A directory to try things in, on the file system of the daemon's root; closing deletes it. */
record Scratch(Path path) implements AutoCloseable {
  /** Makes one in a directory, or in the nearest one above it that exists. */
  static Scratch near(Path directory) throws IOException {
    return new Scratch(Files.createTempDirectory(existing(directory), ".lazuli-doctor-"));
  }

  /** Returns a directory, or the nearest one above it that exists. */
  static Path existing(Path directory) throws IOException {
    for (var at = directory.toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isDirectory(at)) {
        return at.toRealPath();
      }
    }
    throw new IOException("no directory above " + directory);
  }

  @Override
  public void close() throws IOException {
    try (var files = Files.walk(path)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
