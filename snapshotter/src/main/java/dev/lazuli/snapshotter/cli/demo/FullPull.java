package dev.lazuli.snapshotter.cli.demo;

import dev.lazuli.demo.registry.LocalRegistry;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.registry.RegistryClient;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Starts the program after an ordinary pull: all layers downloaded at once, unpacked in order. */
final class FullPull {
  private final RegistryClient client;
  private final LocalRegistry registry;
  private final Path directory;

  FullPull(RegistryClient client, LocalRegistry registry, Path directory) {
    this.client = client;
    this.registry = registry;
    this.directory = directory;
  }

  /** Pulls and runs; {@code mayChroot} is false where the program can only run outside. */
  Start run(DemoProgram program, boolean mayChroot) throws IOException {
    var clock = new Clock(registry);
    var image = DemoImage.resolve(client, registry, DemoImage.PLAIN);
    var root = Files.createDirectories(directory.resolve("root"));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var downloads = new ArrayList<CompletableFuture<Path>>();
      for (var layer : image.layers()) {
        var file = directory.resolve(layer.digest().hex());
        downloads.add(
            CompletableFuture.supplyAsync(
                () -> download(image, layer.digest(), layer.size(), file), threads));
      }
      for (var download : downloads) {
        unpack(await(download), root);
      }
    }
    clock.ready();
    var text = mayChroot ? Program.runIn(root, program.command()) : "";
    clock.output();
    return clock.full(text);
  }

  private Path download(DemoImage image, Digest digest, long size, Path file) {
    try (BlobStream blob = client.blob(image.reference(), digest, size).open(0, size);
        var out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (var piece = blob.next(); piece != null; piece = blob.next()) {
        while (piece.hasRemaining()) {
          out.write(piece);
        }
      }
      return file;
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  private static Path await(CompletableFuture<Path> download) throws IOException {
    try {
      return download.join();
    } catch (CompletionException e) {
      throw new IOException("full pull: " + e.getCause(), e);
    }
  }

  private static void unpack(Path layer, Path root) throws IOException {
    var process =
        new ProcessBuilder(List.of("tar", "-xz", "--no-same-owner", "-C", root.toString()))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (var in = FileChannel.open(layer);
        var out = process.getOutputStream()) {
      Channels.newInputStream(in).transferTo(out);
    }
    try {
      if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
        throw new IOException("unpacking " + layer.getFileName() + " with tar failed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("unpacking was interrupted", e);
    }
  }
}
