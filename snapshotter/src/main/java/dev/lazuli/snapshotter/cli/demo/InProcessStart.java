package dev.lazuli.snapshotter.cli.demo;

import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.layers.LayerFiles;
import dev.lazuli.snapshotter.registry.ImageReference;
import dev.lazuli.snapshotter.registry.RegistryClient;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Reads, in this process, the files that the program reads: index, fetch, writers and verification
 * as ever, but no mount and no program.
 */
final class InProcessStart {
  private final RegistryClient client;
  private final TestRegistry registry;
  private final Path directory;

  InProcessStart(RegistryClient client, TestRegistry registry, Path directory) {
    this.client = client;
    this.registry = registry;
    this.directory = directory;
  }

  Start run(DemoProgram program) throws IOException, InterruptedException {
    var wanted = Program.run(program.listing()).lines().toList();
    registry.resetCounters();
    long began = System.nanoTime();
    var image = DemoImage.resolve(client, registry);
    try (var files =
        new LayerFiles(
            directory.resolve("lazuli"),
            (reference, digest, size) -> client.blob(ImageReference.parse(reference), digest, size),
            FetchListener.NONE)) {
      for (var layer : image.layers()) {
        files.add(LazyStart.request(image, layer));
      }
      var ready = FullPull.since(began);
      long bytes = 0;
      int read = 0;
      for (var file : wanted) {
        long size = files.read(file);
        if (size >= 0) {
          bytes += size;
          read++;
        }
      }
      var output = FullPull.since(began);
      var counters = registry.counters();
      files.complete();
      return new Start(
          ready,
          output,
          counters.bodyBytes(),
          counters.requests(),
          FullPull.since(began),
          "read " + read + " files of " + Report.size(bytes));
    }
  }
}
