package dev.lazuli.snapshotter.cli.demo;

import dev.lazuli.demo.containerd.PrivateContainerd;
import dev.lazuli.demo.registry.LocalRegistry;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.containerd.Containerd;
import dev.lazuli.snapshotter.containerd.PullListener;
import dev.lazuli.snapshotter.containerd.PullRequest;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.layers.LayerService;
import dev.lazuli.snapshotter.layers.serve.MountChoice;
import dev.lazuli.snapshotter.node.NodeOptions;
import dev.lazuli.snapshotter.snapshots.SnapshotterOptions;
import dev.lazuli.snapshotter.snapshots.SnapshotterServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
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
  private final LocalRegistry registry;
  private final Path directory;

  ContainerdStart(RegistryClient client, LocalRegistry registry, Path directory) {
    this.client = client;
    this.registry = registry;
    this.directory = directory;
  }

  /** Starts containerd and our service, runs the program both ways, and takes all away again. */
  Starts run(DemoProgram program, Starts.Optimiser optimiser)
      throws IOException, InterruptedException {
    var complete = new Semaphore(0);
    var socket = directory.resolve("lazuli.sock");
    var setup =
        NodeOptions.scratch(
            directory.resolve("lazuli"), directory.resolve("run"), MountChoice.AUTO);
    var listener =
        new FetchListener() {
          @Override
          public void layerComplete(String layer) {
            complete.release();
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
        var containerd = PrivateContainerd.start(directory.resolve("c"), socket)) {
      var service = new Service(containerd, layers, complete);
      var plain = lazy(program, service, DemoImage.PLAIN);
      optimiser.optimise(plain.waterfall().orElseThrow());
      var optimised = lazy(program, service, DemoImage.OPTIMISED);
      return new Starts(plain, optimised, full(program, containerd));
    }
  }

  private record Service(PrivateContainerd containerd, LayerService layers, Semaphore complete) {}

  private Start lazy(DemoProgram program, Service service, String tag)
      throws IOException, InterruptedException {
    var clock = new Clock(registry);
    var reference = DemoImage.reference(registry, tag).toString();
    var text = pullAndRun(program, service.containerd(), LAZULI, tag, clock);
    if (!service
        .complete()
        .tryAcquire(program.layers().size(), COMPLETE_MINUTES, TimeUnit.MINUTES)) {
      throw new IOException("background fetch took more than " + COMPLETE_MINUTES + " minutes");
    }
    var whole = clock.elapsed();
    var waterfall = service.layers().layers().waterfall(reference, clock.began());
    service.containerd().ctr("image", "rm", "--sync", reference).check();
    return clock.lazy(text, whole, waterfall, "first output");
  }

  private Start full(DemoProgram program, PrivateContainerd containerd)
      throws IOException, InterruptedException {
    var clock = new Clock(registry);
    return clock.full(pullAndRun(program, containerd, OVERLAYFS, DemoImage.PLAIN, clock));
  }

  private String pullAndRun(
      DemoProgram program,
      PrivateContainerd containerd,
      String snapshotter,
      String tag,
      Clock clock)
      throws IOException, InterruptedException {
    var reference = DemoImage.reference(registry, tag);
    try (var pulling = Containerd.at(containerd.socket(), "default")) {
      var _ = pulling.pull(PullRequest.of(reference, snapshotter), client, new PullListener() {});
    }
    clock.ready();
    var container = snapshotter + "-" + tag;
    var text =
        containerd
            .ctr("run", "--rm", "--snapshotter", snapshotter, reference.toString(), container)
            .with(program.command().toArray(String[]::new))
            .check()
            .output()
            .strip();
    clock.output();
    return text;
  }
}
