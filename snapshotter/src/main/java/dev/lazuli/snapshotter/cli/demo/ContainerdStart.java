package dev.lazuli.snapshotter.cli.demo;

import dev.lazuli.cache.StoreOptions;
import dev.lazuli.snapshotter.containerd.Containerd;
import dev.lazuli.snapshotter.containerd.PullListener;
import dev.lazuli.snapshotter.containerd.PullRequest;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.FetchOptions;
import dev.lazuli.snapshotter.layers.LayerService;
import dev.lazuli.snapshotter.layers.LayersOptions;
import dev.lazuli.snapshotter.layers.MountChoice;
import dev.lazuli.snapshotter.registry.ImageReference;
import dev.lazuli.snapshotter.registry.RegistryClient;
import dev.lazuli.snapshotter.snapshots.SnapshotterOptions;
import dev.lazuli.snapshotter.snapshots.SnapshotterServer;
import dev.lazuli.testimages.containerd.TestContainerd;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Starts the program with a private containerd and runc: our snapshotter for the lazy start,
 * containerd's overlayfs for the full pull.
 */
final class ContainerdStart {
  private static final String LAZULI = "lazuli";
  private static final String OVERLAYFS = "overlayfs";
  private static final long COMPLETE_MINUTES = 5;

  private final RegistryClient client;
  private final TestRegistry registry;
  private final Path directory;

  ContainerdStart(RegistryClient client, TestRegistry registry, Path directory) {
    this.client = client;
    this.registry = registry;
    this.directory = directory;
  }

  /** Both starts, the lazy one first. */
  record Pair(Start lazy, Start full) {}

  /** Starts containerd and our service, runs the program both ways, and takes all away again. */
  Pair run(DemoProgram program) throws IOException, InterruptedException {
    var complete = new CountDownLatch(program.layers().size());
    var socket = directory.resolve("lazuli.sock");
    var setup =
        new LayerService.Setup(
            directory.resolve("lazuli"),
            directory.resolve("run"),
            MountChoice.AUTO,
            StoreOptions.defaults(),
            FetchOptions.DEFAULT,
            LayersOptions.DEFAULT,
            Optional.empty());
    var listener =
        new FetchListener() {
          @Override
          public void layerComplete(String layer) {
            complete.countDown();
          }
        };
    try (var layers =
            LayerService.open(
                setup,
                (reference, digest, size) ->
                    client.blob(ImageReference.parse(reference), digest, size),
                listener);
        var _ =
            SnapshotterServer.start(
                SnapshotterOptions.of(directory.resolve("lazuli"), socket), layers.layers());
        var containerd = TestContainerd.start(directory.resolve("c"), socket)) {
      var lazy = start(program, containerd, LAZULI, complete);
      var full = start(program, containerd, OVERLAYFS, new CountDownLatch(0));
      return new Pair(lazy, full);
    }
  }

  private Start start(
      DemoProgram program, TestContainerd containerd, String snapshotter, CountDownLatch complete)
      throws IOException, InterruptedException {
    registry.resetCounters();
    long began = System.nanoTime();
    var reference = DemoImage.reference(registry);
    try (var pulling = Containerd.at(containerd.socket(), "default")) {
      var _ = pulling.pull(PullRequest.of(reference, snapshotter), client, new PullListener() {});
    }
    var ready = FullPull.since(began);
    var text =
        containerd
            .ctr("run", "--rm", "--snapshotter", snapshotter, reference.toString(), snapshotter)
            .with(program.command().toArray(String[]::new))
            .check()
            .output()
            .strip();
    var output = FullPull.since(began);
    var counters = registry.counters();
    if (!complete.await(COMPLETE_MINUTES, TimeUnit.MINUTES)) {
      throw new IOException("background fetch took more than " + COMPLETE_MINUTES + " minutes");
    }
    var here = snapshotter.equals(LAZULI) ? FullPull.since(began) : ready;
    containerd.ctr("image", "rm", "--sync", reference.toString()).check();
    return new Start(ready, output, counters.bodyBytes(), counters.requests(), here, text);
  }
}
