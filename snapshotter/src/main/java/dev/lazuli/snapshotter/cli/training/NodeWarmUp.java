package dev.lazuli.snapshotter.cli.training;

import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.LinkProfile;
import dev.lazuli.demo.registry.LocalRegistry;
import dev.lazuli.demo.registry.RegistryDemands;
import dev.lazuli.demo.registry.RegistryDemands.Access;
import dev.lazuli.snapshotter.api.snapshots.ListRequest;
import dev.lazuli.snapshotter.api.snapshots.MountsRequest;
import dev.lazuli.snapshotter.api.snapshots.PrepareRequest;
import dev.lazuli.snapshotter.api.snapshots.RemoveRequest;
import dev.lazuli.snapshotter.api.snapshots.SnapshotsGrpc;
import dev.lazuli.snapshotter.api.snapshots.SnapshotsGrpc.SnapshotsBlockingV2Stub;
import dev.lazuli.snapshotter.api.snapshots.StatRequest;
import dev.lazuli.snapshotter.proof.ChainId;
import dev.lazuli.snapshotter.transport.UnixTransport;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Has a daemon, in another process that records for its AOT cache, do what daemons do: pull images
 * whose registry is this process, with tokens, redirects and TLS, serve reads of them, fetch all of
 * each, and remove it. Where that daemon can mount nothing (nobody but root can), it does what is
 * left.
 */
public final class NodeWarmUp {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int READ_FILES = 500;
  private static final long ROUND_TRIP_MILLIS = 5;
  private static final long MEGABITS = 1000;

  private NodeWarmUp() {}

  /**
   * Runs it. Writes {@code ca.pem}, which the daemon is to trust, and then waits for the daemon.
   *
   * @param directory holds the daemon's socket {@code s} and its root {@code root}
   */
  public static void run(Path directory) throws IOException, InterruptedException {
    var certificate = WarmUpCertificate.make(directory);
    var demands =
        RegistryDemands.OPEN
            .withAccess(new Access.Bearer("warm", "up", Duration.ofHours(1)))
            .withRedirects(Duration.ofHours(1))
            .withTlsOfStoreOnly(certificate.context());
    try (var registry = LocalRegistry.start(demands)) {
      var layout = OciLayout.at(directory.resolve("layout"));
      var images = WarmUpImage.build(layout);
      registry.serve("warm", layout);
      writeWhole(directory.resolve("ca.pem"), certificate.pem());
      var socket = directory.resolve("s");
      await(socket);
      // Far enough away for requests of several ranges to pay.
      registry.setLink(LinkProfile.of(ROUND_TRIP_MILLIS, MEGABITS));
      for (var image : images.entrySet()) {
        use(directory, socket, registry.reference("warm", image.getKey()), image.getValue());
      }
    }
  }

  /** The launcher waits for the file, and must not see a part of it. */
  private static void writeWhole(Path file, String text) throws IOException {
    var part = file.resolveSibling("part");
    Files.writeString(part, text);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
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
        var snapshots = SnapshotsGrpc.newBlockingV2Stub(channel);
        pull(snapshots, image, layers);
        read(directory.resolve("root/mounts"), layers.size());
        remove(snapshots, layers);
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
      var name = chainId(layers, i);
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
                .addFilters(
                    "labels.\"containerd.io/snapshot.ref\"==%s,parent==\"\""
                        .formatted(chainId(layers, 0)))
                .build());
    while (list.hasNext()) {
      var _ = list.read();
    }
    var _ = snapshots.remove(RemoveRequest.newBuilder().setKey("container").build());
  }

  private static String chainId(List<LayoutLayer> layers, int index) {
    var chain = "";
    for (var layer : layers.subList(0, index + 1)) {
      chain = ChainId.of(chain, layer.diffId());
    }
    return chain;
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

  private static void remove(SnapshotsBlockingV2Stub snapshots, List<LayoutLayer> layers)
      throws StatusException, InterruptedException {
    for (int i = layers.size() - 1; i >= 0; i--) {
      try {
        var _ = snapshots.remove(RemoveRequest.newBuilder().setKey(chainId(layers, i)).build());
      } catch (StatusException e) {
        if (e.getStatus().getCode() != Status.Code.NOT_FOUND) {
          throw e; // It was not mounted.
        }
      }
    }
  }

  /** Reads a part of what is mounted at once, and waits until all of it has arrived. */
  private static void read(Path mounts, int layers) throws IOException, InterruptedException {
    for (var mount : children(mounts)) {
      try (var files = Files.walk(mount)) {
        for (var file : files.filter(Files::isRegularFile).limit(READ_FILES).toList()) {
          try (var in = Files.newInputStream(file)) {
            var _ = in.readNBytes(1 << 20);
          }
        }
      }
    }
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (complete(mounts) < layers && System.nanoTime() - end < 0) {
      Thread.sleep(50);
    }
    Thread.sleep(500); // What follows completion, such as the record of it.
  }

  private static long complete(Path mounts) throws IOException {
    return children(mounts).stream().filter(mount -> mount.toString().endsWith(".local")).count();
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
