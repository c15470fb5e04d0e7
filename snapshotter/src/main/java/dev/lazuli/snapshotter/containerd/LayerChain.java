package dev.lazuli.snapshotter.containerd;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.snapshotter.api.diff.ApplyRequest;
import dev.lazuli.snapshotter.api.diff.DiffGrpc;
import dev.lazuli.snapshotter.api.snapshots.CommitRequest;
import dev.lazuli.snapshotter.api.snapshots.MountsResponse;
import dev.lazuli.snapshotter.api.snapshots.PrepareRequest;
import dev.lazuli.snapshotter.api.snapshots.RemoveRequest;
import dev.lazuli.snapshotter.api.snapshots.SnapshotsGrpc;
import dev.lazuli.snapshotter.api.snapshots.StatRequest;
import io.grpc.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Brings an image's layers into the snapshotter, bottom first: each is asked for as a mount, and
 * downloaded and unpacked only where the snapshotter does not mount it. Downloads run ahead of the
 * unpacking.
 */
final class LayerChain {
  /** containerd may lose a snapshot between two calls; it is asked for again this often. */
  private static final int ATTEMPTS = 3;

  private final SnapshotsGrpc.SnapshotsBlockingV2Stub snapshots;
  private final DiffGrpc.DiffBlockingV2Stub diffs;
  private final ContentStore content;
  private final PullRequest request;
  private final Digest manifest;
  private final RegistryClient registry;
  private final PullListener listener;
  private final Map<String, String> source;

  LayerChain(
      Session session,
      ContentStore content,
      PullRequest request,
      Digest manifest,
      RegistryClient registry,
      PullListener listener,
      Map<String, String> source) {
    this.snapshots = SnapshotsGrpc.newBlockingV2Stub(session.channel());
    this.diffs = DiffGrpc.newBlockingV2Stub(session.channel());
    this.content = content;
    this.request = request;
    this.manifest = manifest;
    this.registry = registry;
    this.listener = listener;
    this.source = source;
  }

  List<LayerProgress> bring(List<Descriptor> layers, ImageConfiguration configuration)
      throws IOException, InterruptedException {
    var chain = configuration.chainIds();
    var states = new ArrayList<LayerProgress>();
    try (var downloads = new Downloads(layers, this::download)) {
      for (int i = 0; i < layers.size(); i++) {
        var place =
            new Place(
                layers.subList(i, layers.size()),
                configuration.diffIds().get(i),
                i == 0 ? "" : chain.get(i - 1),
                chain.get(i));
        var state = exists(place) ? LayerProgress.PRESENT : mountOrUnpack(place, downloads);
        states.add(state);
        listener.state(place.layer(), state);
      }
    }
    return states;
  }

  /** A layer and where it belongs. */
  private record Place(List<Descriptor> above, Digest diffId, String parent, String chainId) {
    Descriptor layer() {
      return above.getFirst();
    }
  }

  private LayerProgress mountOrUnpack(Place place, Downloads downloads)
      throws IOException, InterruptedException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      var key = "extract-" + UUID.randomUUID() + " " + place.chainId();
      var prepare =
          PrepareRequest.newBuilder()
              .setSnapshotter(request.snapshotter())
              .setKey(key)
              .setParent(place.parent())
              .putAllLabels(LayerLabels.of(request, manifest, place.chainId(), place.above()))
              .build();
      var mounts = prepare(place, prepare);
      if (mounts.isPresent()) {
        unpack(place, key, mounts.get(), downloads);
        return LayerProgress.UNPACKED;
      }
      if (exists(place)) {
        return LayerProgress.MOUNTED;
      }
    }
    throw new IOException(
        "layer "
            + place.layer().digest()
            + ": containerd reports that it exists, but snapshot "
            + place.chainId()
            + " does not");
  }

  private Optional<MountsResponse> prepare(Place place, PrepareRequest prepare) throws IOException {
    try {
      return Session.callUnless(
          Status.Code.ALREADY_EXISTS,
          "prepare layer " + place.layer().digest(),
          () -> snapshots.prepare(prepare));
    } catch (ContainerdException e) {
      if (e.code() == Status.Code.UNAVAILABLE) {
        throw new IOException(
            "snapshotter " + request.snapshotter() + " does not answer: " + e.getMessage(), e);
      }
      throw e;
    }
  }

  /**
   * Returns whether the layer's snapshot is there. containerd knows it by the chain ID alone, which
   * an image may claim without having the content: a mounted one must be of this very layer.
   */
  private boolean exists(Place place) throws IOException {
    var chainId = place.chainId();
    var stat =
        StatRequest.newBuilder().setSnapshotter(request.snapshotter()).setKey(chainId).build();
    var found =
        Session.callUnless(
            Status.Code.NOT_FOUND, "look for snapshot " + chainId, () -> snapshots.stat(stat));
    if (found.isPresent()) {
      LayerLabels.requireSame(place.layer(), chainId, found.get().getInfo().getLabelsMap());
    }
    return found.isPresent();
  }

  private void unpack(Place place, String key, MountsResponse mounts, Downloads downloads)
      throws IOException, InterruptedException {
    var done = false;
    try {
      downloads.await(place.above());
      listener.state(place.layer(), LayerProgress.UNPACKING);
      apply(place, mounts);
      commit(place, key);
      done = true;
    } finally {
      if (!done) {
        remove(key);
      }
    }
    content.label(
        place.layer().digest(), Map.of("containerd.io/uncompressed", place.diffId().toString()));
  }

  private void apply(Place place, MountsResponse mounts) throws IOException {
    var apply =
        ApplyRequest.newBuilder()
            .setDiff(message(place.layer()))
            .addAllMounts(mounts.getMountsList())
            .build();
    var applied =
        Session.call("unpack layer " + place.layer().digest(), () -> diffs.apply(apply))
            .getApplied()
            .getDigest();
    if (!applied.equals(place.diffId().toString())) {
      throw new IOException(
          "layer %s unpacks to %s, but the image's configuration says %s"
              .formatted(place.layer().digest(), applied, place.diffId()));
    }
  }

  private void commit(Place place, String key) throws IOException {
    var commit =
        CommitRequest.newBuilder()
            .setSnapshotter(request.snapshotter())
            .setName(place.chainId())
            .setKey(key)
            .build();
    // Another pull of the same image may have been first.
    if (Session.callUnless(
            Status.Code.ALREADY_EXISTS,
            "commit layer " + place.layer().digest(),
            () -> snapshots.commit(commit))
        .isEmpty()) {
      remove(key);
      var _ = exists(place);
    }
  }

  private void remove(String key) throws ContainerdException {
    var remove =
        RemoveRequest.newBuilder().setSnapshotter(request.snapshotter()).setKey(key).build();
    var _ =
        Session.callUnless(
            Status.Code.NOT_FOUND, "remove snapshot " + key, () -> snapshots.remove(remove));
  }

  private void download(Descriptor layer) throws IOException, InterruptedException {
    listener.state(layer, LayerProgress.DOWNLOADING);
    var blob = registry.blob(request.reference(), layer.digest(), layer.size());
    content.store("layer", layer, blob, source, bytes -> listener.downloaded(layer, bytes));
  }

  static dev.lazuli.snapshotter.api.types.Descriptor message(Descriptor descriptor) {
    return dev.lazuli.snapshotter.api.types.Descriptor.newBuilder()
        .setMediaType(descriptor.mediaType())
        .setDigest(descriptor.digest().toString())
        .setSize(descriptor.size())
        .putAllAnnotations(descriptor.annotations())
        .build();
  }
}
