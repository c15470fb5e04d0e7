package dev.lazuli.snapshotter.e2e.packages;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.images.HostPython;
import dev.lazuli.demo.images.ImageTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What {@code ./package} makes of the program that was built.
 *
 * @param directory where it is
 */
record BuiltPackages(Path directory) {
  private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();

  /** Makes them, in half a minute. */
  static BuiltPackages make(Path directory) throws IOException {
    Command.of(CHECKOUT.resolve("package").toString(), directory.toString())
        .withEnvironment("LAZULI_BUILD", "no")
        .withEnvironment("JAVA_HOME", System.getProperty("java.home"))
        .within(Duration.ofMinutes(10))
        .check();
    return new BuiltPackages(directory);
  }

  /** Returns the package whose name ends so. */
  Path named(String ending) throws IOException {
    try (var files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(ending))
          .findFirst()
          .orElseThrow();
    }
  }

  /** Returns this machine's Python, found by its name in the image. */
  static ImageTree python() throws IOException {
    var python = HostPython.find().orElseThrow();
    return python
        .tree()
        .directory("usr/local/bin")
        .symlink("usr/local/bin/python3", python.executable().toString());
  }
}
