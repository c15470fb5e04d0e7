package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.api.snapshots.ListRequest;
import dev.lazuli.snapshotter.api.snapshots.MountsRequest;
import dev.lazuli.snapshotter.api.snapshots.PrepareRequest;
import dev.lazuli.snapshotter.api.snapshots.RemoveRequest;
import dev.lazuli.snapshotter.api.snapshots.SnapshotsGrpc;
import dev.lazuli.snapshotter.api.snapshots.SnapshotsGrpc.SnapshotsBlockingV2Stub;
import dev.lazuli.snapshotter.api.snapshots.StatRequest;
import dev.lazuli.snapshotter.transport.UnixTransport;
import dev.lazuli.testimages.images.GeneratedContent;
import dev.lazuli.testimages.images.ImageBuilder;
import dev.lazuli.testimages.images.ImageTree;
import dev.lazuli.testimages.images.LayerEncoding;
import dev.lazuli.testimages.images.LayoutLayer;
import dev.lazuli.testimages.images.OciLayout;
import dev.lazuli.testimages.registry.TestRegistry;
import io.grpc.ManagedChannel;
import io.grpc.StatusException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Has a daemon, in another process that records for its AOT cache, do what daemons do: mount the
 * two small layers of an image whose registry is this process, and serve reads of them. Where that
 * daemon can mount nothing (nobody but root can), it does what is left.
 */
final class NodeWarmUp {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int FILE_BYTES = 3 << 20;

  private NodeWarmUp() {}

  /**
   * Runs it.
   *
   * @param directory holds the daemon's socket {@code s} and its root {@code root}
   */
  static void run(Path directory) throws IOException, InterruptedException {
    var socket = directory.resolve("s");
    try (var registry = TestRegistry.start()) {
      var layers = layers(directory, registry);
      await(socket);
      use(directory, socket, registry.host() + "/warm:up", layers);
    }
  }

  private static List<LayoutLayer> layers(Path directory, TestRegistry registry)
      throws IOException {
    var layout = OciLayout.at(directory.resolve("layout"));
    var image = new ImageBuilder(layout).encoding(LayerEncoding.ESTARGZ);
    for (int layer = 0; layer < 2; layer++) {
      var content = new GeneratedContent(FILE_BYTES, layer, GeneratedContent.NOISE);
      image.layer(new ImageTree().file("file" + layer, content.compressible(3)));
    }
    var _ = image.build("up");
    registry.serve("warm", layout);
    return image.layers();
  }

  private static void await(Path socket) throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!Files.exists(socket)) {
      if (System.nanoTime() - end > 0) {
        throw new IOException("no daemon on " + socket);
      }
      Thread.sleep(10);
    }
  }

  private static void use(Path directory, Path socket, String image, List<LayoutLayer> layers)
      throws IOException, InterruptedException {
    try (var transport = UnixTransport.open("warm-up")) {
      var channel = transport.channel(socket).build();
      try {
        pull(SnapshotsGrpc.newBlockingV2Stub(channel), image, layers);
        read(directory.resolve("root/mounts"));
      } catch (StatusException e) {
        throw new IOException(e);
      } finally {
        close(channel);
      }
    }
  }

  private static void close(ManagedChannel channel) throws InterruptedException {
    channel.shutdownNow();
    var _ = channel.awaitTermination(1, TimeUnit.SECONDS);
  }

  private static void pull(
      SnapshotsBlockingV2Stub snapshots, String image, List<LayoutLayer> layers)
      throws StatusException, InterruptedException {
    var parent = "";
    for (int i = 0; i < layers.size(); i++) {
      var name = "chain" + i;
      try {
        var _ = snapshots.prepare(request(image, layers, i, name, parent));
        return; // Nothing can be mounted here.
      } catch (StatusException e) {
        // "Already exists": mounted.
        var _ = snapshots.stat(StatRequest.newBuilder().setKey(name).build());
      }
      parent = name;
    }
    var key = PrepareRequest.newBuilder().setKey("container").setParent(parent).build();
    var _ = snapshots.prepare(key);
    var _ = snapshots.mounts(MountsRequest.newBuilder().setKey("container").build());
    var list =
        snapshots.list(
            ListRequest.newBuilder()
                .addFilters("labels.\"containerd.io/snapshot.ref\"==chain0,parent==\"\"")
                .build());
    while (list.hasNext()) {
      var _ = list.read();
    }
    var _ = snapshots.remove(RemoveRequest.newBuilder().setKey("container").build());
  }

  private static PrepareRequest request(
      String image, List<LayoutLayer> layers, int index, String name, String parent) {
    var layer = layers.get(index).descriptor();
    var above =
        layers.subList(index, layers.size()).stream()
            .map(each -> each.descriptor().digest())
            .collect(Collectors.joining(","));
    return PrepareRequest.newBuilder()
        .setKey("extract " + name)
        .setParent(parent)
        .putAllLabels(layer.annotations())
        .putAllLabels(
            Map.of(
                "containerd.io/snapshot.ref", name,
                "containerd.io/snapshot/remote/stargz.reference", image,
                "containerd.io/snapshot/remote/stargz.digest", layer.digest(),
                "containerd.io/snapshot/remote/stargz.layers", above))
        .build();
  }

  /** Reads what is mounted, in part at once and in part when background fetch has run. */
  private static void read(Path mounts) throws IOException, InterruptedException {
    for (var mount : children(mounts)) {
      for (var file : children(mount)) {
        try (var in = Files.newInputStream(file)) {
          var _ = in.readNBytes(1 << 20);
        }
      }
    }
    Thread.sleep(500);
  }

  private static List<Path> children(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (var files = Files.list(directory)) {
      return files.toList();
    }
  }
}
