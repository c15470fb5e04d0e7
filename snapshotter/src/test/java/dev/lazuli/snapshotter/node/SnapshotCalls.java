package dev.lazuli.snapshotter.node;

import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.snapshotter.api.snapshots.CleanupRequest;
import dev.lazuli.snapshotter.api.snapshots.CommitRequest;
import dev.lazuli.snapshotter.api.snapshots.MountsRequest;
import dev.lazuli.snapshotter.api.snapshots.PrepareRequest;
import dev.lazuli.snapshotter.api.snapshots.RemoveRequest;
import dev.lazuli.snapshotter.api.snapshots.SnapshotsGrpc;
import dev.lazuli.snapshotter.api.snapshots.SnapshotsGrpc.SnapshotsBlockingV2Stub;
import dev.lazuli.snapshotter.api.snapshots.ViewRequest;
import dev.lazuli.snapshotter.api.types.Mount;
import dev.lazuli.snapshotter.transport.UnixTransport;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** What containerd asks of a snapshotter, each call over a connection of its own. */
record SnapshotCalls(Path socket) {
  private static final String LOWER = "lowerdir=";

  private interface Call<T> {
    T make(SnapshotsBlockingV2Stub snapshots) throws StatusException, InterruptedException;
  }

  private <T> T call(Call<T> call) throws IOException, StatusException, InterruptedException {
    try (var transport = UnixTransport.open("test")) {
      var channel = transport.channel(socket).build();
      try {
        return call.make(SnapshotsGrpc.newBlockingV2Stub(channel));
      } finally {
        channel.shutdownNow();
      }
    }
  }

  /** Asks for a layer as a committed snapshot {@code name}; ALREADY_EXISTS says that it is one. */
  Status.Code prepareLayer(String name, String reference, BlobDescriptor blob)
      throws IOException, InterruptedException {
    var request =
        PrepareRequest.newBuilder()
            .setKey("extract " + name)
            .putAllLabels(blob.annotations())
            .putAllLabels(
                Map.of(
                    "containerd.io/snapshot.ref",
                    name,
                    "containerd.io/snapshot/remote/stargz.reference",
                    reference,
                    "containerd.io/snapshot/remote/stargz.digest",
                    blob.digest(),
                    "containerd.io/snapshot/remote/stargz.layers",
                    blob.digest()))
            .build();
    return code(snapshots -> snapshots.prepare(request));
  }

  /** Commits what {@link #prepareLayer} has left to be unpacked, as containerd does then. */
  Status.Code commitLayer(String name) throws IOException, InterruptedException {
    var request = CommitRequest.newBuilder().setKey("extract " + name).setName(name).build();
    return code(snapshots -> snapshots.commit(request));
  }

  /** Removes a snapshot and cleans up, as containerd does with an image. */
  Status.Code remove(String name) throws IOException, InterruptedException {
    var removal = RemoveRequest.newBuilder().setKey(name).build();
    return code(
        snapshots -> {
          var _ = snapshots.remove(removal);
          return snapshots.cleanup(CleanupRequest.getDefaultInstance());
        });
  }

  private Status.Code code(Call<?> call) throws IOException, InterruptedException {
    try {
      var _ = call(call);
      return Status.Code.OK;
    } catch (StatusException e) {
      return e.getStatus().getCode();
    }
  }

  /** Makes a view of one layer, or takes the one that is there; returns where its tree is. */
  Path view(String key, String parent) throws IOException, StatusException, InterruptedException {
    var request = ViewRequest.newBuilder().setKey(key).setParent(parent).build();
    try {
      return tree(call(snapshots -> snapshots.view(request)).getMounts(0));
    } catch (StatusException e) {
      if (e.getStatus().getCode() != Status.Code.ALREADY_EXISTS) {
        throw e;
      }
      var known = MountsRequest.newBuilder().setKey(key).build();
      return tree(call(snapshots -> snapshots.mounts(known)).getMounts(0));
    }
  }

  /** Returns the layer itself, the nearest of the directories that the overlay is made of. */
  private static Path tree(Mount view) {
    var lower =
        view.getOptionsList().stream()
            .filter(option -> option.startsWith(LOWER))
            .findFirst()
            .orElseThrow();
    return Path.of(lower.substring(LOWER.length()).split(":", 2)[0]);
  }
}
