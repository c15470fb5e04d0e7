package dev.lazuli.snapshotter.cli.demo;

import dev.lazuli.bridge.kernel.Mounts;
import dev.lazuli.demo.registry.LocalRegistry;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.LayerService;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import dev.lazuli.snapshotter.layers.serve.MountChoice;
import dev.lazuli.snapshotter.node.NodeOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Starts the program from lazily mounted layers, as the daemon and containerd do it together. */
final class LazyStart {
  private static final long COMPLETE_MINUTES = 5;

  private final RegistryClient client;
  private final LocalRegistry registry;
  private final Path directory;
  private final MountChoice choice;

  LazyStart(RegistryClient client, LocalRegistry registry, Path directory, MountChoice choice) {
    this.client = client;
    this.registry = registry;
    this.directory = directory;
    this.choice = choice;
  }

  /** Opens the services, mounts, runs, waits for the background fetch, and cleans up. */
  Start run(DemoProgram program, String tag) throws IOException, InterruptedException {
    var complete = new CountDownLatch(program.layers().size());
    var listener =
        new FetchListener() {
          @Override
          public void layerComplete(String layer) {
            complete.countDown();
          }
        };
    var setup = NodeOptions.scratch(directory.resolve("lazuli"), directory.resolve("run"), choice);
    try (var service =
        LayerService.open(
            setup,
            (reference, digest, size) -> client.blob(ImageReference.parse(reference), digest, size),
            listener)) {
      return run(program, tag, service, complete);
    }
  }

  private Start run(DemoProgram program, String tag, LayerService service, CountDownLatch complete)
      throws IOException, InterruptedException {
    var clock = new Clock(registry);
    var image = DemoImage.resolve(client, registry, tag);
    var layers = mount(image, service);
    var root = Files.createDirectories(directory.resolve("root"));
    try {
      overlay(layers, root);
      clock.ready();
      try {
        var text = Program.runIn(root, program.command());
        clock.output();
        if (!complete.await(COMPLETE_MINUTES, TimeUnit.MINUTES)) {
          throw new IOException("background fetch took more than " + COMPLETE_MINUTES + " minutes");
        }
        var whole = clock.elapsed();
        var waterfall = service.layers().waterfall(image.reference().toString(), clock.began());
        return clock.lazy(text, whole, waterfall, "first output");
      } finally {
        Mounts.unmount(root, Mounts.MNT_DETACH);
      }
    } finally {
      layers.forEach(RemoteLayer::close);
    }
  }

  private static List<RemoteLayer> mount(DemoImage image, LayerService service) throws IOException {
    var mounts = new ArrayList<CompletableFuture<RemoteLayer>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var layer : image.layers()) {
        mounts.add(CompletableFuture.supplyAsync(() -> mount(image, layer, service), threads));
      }
    }
    var mounted = new ArrayList<RemoteLayer>();
    try {
      for (var mount : mounts) {
        mounted.add(mount.join());
      }
    } catch (CompletionException e) {
      mounted.forEach(RemoteLayer::close);
      throw new IOException("lazy mount: " + e.getCause(), e);
    }
    return mounted;
  }

  private static RemoteLayer mount(DemoImage image, Descriptor layer, LayerService service) {
    try {
      return service.layers().mount(request(image, layer));
    } catch (IOException e) {
      throw new CompletionException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException(e);
    }
  }

  /** Returns what a client would say of the layer in a snapshot's labels. */
  static LayerRequest request(DemoImage image, Descriptor layer) {
    var digest = layer.digest();
    return new LayerRequest(
        image.reference().toString(),
        digest,
        List.of(digest),
        Optional.empty(),
        Optional.ofNullable(layer.annotations().get(Annotations.TOC_DIGEST))
            .map(Digest::parseSha256),
        OptionalLong.empty(),
        false,
        List.of());
  }

  private void overlay(List<RemoteLayer> layers, Path root) throws IOException {
    var upper = Files.createDirectories(directory.resolve("upper"));
    var work = Files.createDirectories(directory.resolve("work"));
    var lower =
        layers.reversed().stream()
            .map(layer -> layer.lowerDir().toString())
            .collect(Collectors.joining(":"));
    Mounts.mount(
        "overlay",
        root,
        "overlay",
        0,
        "lowerdir=" + lower + ",upperdir=" + upper + ",workdir=" + work);
  }
}
