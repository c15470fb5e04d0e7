package dev.lazuli.snapshotter.cli.demo;

import dev.lazuli.demo.registry.LocalRegistry;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.layers.LayerFiles;
import dev.lazuli.snapshotter.layers.serve.MountChoice;
import dev.lazuli.snapshotter.node.NodeOptions;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Reads, in this process, the files that the program reads: index, fetch, writers and verification
 * as usual, but no mount and no program.
 */
final class InProcessStart {
  private final RegistryClient client;
  private final LocalRegistry registry;
  private final Path directory;

  InProcessStart(RegistryClient client, LocalRegistry registry, Path directory) {
    this.client = client;
    this.registry = registry;
    this.directory = directory;
  }

  Start run(DemoProgram program, String tag) throws IOException, InterruptedException {
    var wanted = Program.run(program.listing()).lines().toList();
    var clock = new Clock(registry);
    var image = DemoImage.resolve(client, registry, tag);
    try (var files =
        new LayerFiles(
            NodeOptions.scratch(
                directory.resolve("lazuli"), directory.resolve("run"), MountChoice.AUTO),
            (reference, digest, size) ->
                client.blob(ImageReference.parse(reference), digest, size))) {
      for (var layer : image.layers()) {
        files.add(LazyStart.request(image, layer));
      }
      clock.ready();
      long bytes = 0;
      int read = 0;
      for (var file : wanted) {
        long size = files.read(file);
        if (size >= 0) {
          bytes += size;
          read++;
        }
      }
      clock.output();
      files.complete();
      var complete = clock.elapsed();
      var waterfall = files.waterfall(image.reference().toString(), clock.began());
      var text = "read " + read + " files of " + Report.size(bytes);
      return clock.lazy(text, complete, waterfall, "files read");
    }
  }
}
