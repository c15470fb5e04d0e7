package dev.lazuli.snapshotter.e2e.images;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageTree;
import java.io.IOException;
import java.nio.file.Path;

/** Layers for tests in which a container has to see everything as it was packed. */
final class KindsOfFiles {
  private KindsOfFiles() {}

  /** Returns a shell and {@code cat}, with what they need. */
  static ImageTree programs() throws IOException {
    return new HostFiles().program(Path.of("/bin/sh")).program(Path.of("/bin/cat")).tree();
  }

  /** Returns a greeting, and a directory with a file of each kind; one of them is large. */
  static ImageTree all(int bigBytes, long seed) {
    return new ImageTree()
        .file("greeting", "good morning\n")
        .directory("data")
        .mode(01777)
        .file("data/big", FileContent.generated(bigBytes, seed))
        .file("data/owned", "by a user")
        .owner(1000, 3_000_000)
        .mode(06711)
        .xattr("user.note", new byte[] {0, 1, '\n', (byte) 0xff})
        .hardLink("data/twin", "data/owned")
        .owner(1000, 3_000_000)
        .mode(06711)
        .symlink("data/link", "../greeting")
        .fifo("data/pipe")
        .file("data/empty", "");
  }
}
