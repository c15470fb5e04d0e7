package dev.lazuli.snapshotter.e2e.commands;

import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A {@code lazuli mount} that runs. */
record LocalMount(Path directory, Process process) implements AutoCloseable {
  private static final Duration LONG = Duration.ofMinutes(5);

  /**
   * Starts it and waits until the directory shows the image.
   *
   * @param what a layer or image, as the command takes it
   * @param place where the directory is made
   */
  static LocalMount of(String what, Path place) throws IOException {
    var directory = Files.createTempDirectory(place, "mounted");
    var log = place.resolve(directory.getFileName() + ".log");
    var process =
        new ProcessBuilder(DaemonProcess.lazuli("mount", what, directory.toString()).words())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    var mount = new LocalMount(directory, process);
    try {
      mount.await(log);
    } catch (IOException | RuntimeException | AssertionError e) {
      mount.close();
      throw e;
    }
    return mount;
  }

  private void await(Path log) throws IOException {
    Eventually.until(
        LONG,
        () -> !process.isAlive() || Files.readString(log).contains("layers by"),
        () -> Files.readString(log));
    if (!process.isAlive()) {
      throw new IOException(directory + " is not mounted: " + Files.readString(log));
    }
  }

  @Override
  public void close() throws IOException {
    try {
      end();
    } finally {
      MountTable.unmountBelow(directory);
    }
  }

  private void end() throws IOException {
    process.destroy();
    try {
      if (!process.waitFor(LONG.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("lazuli mount does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
