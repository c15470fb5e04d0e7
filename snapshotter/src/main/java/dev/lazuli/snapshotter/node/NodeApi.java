package dev.lazuli.snapshotter.node;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.layers.LayerActions;
import dev.lazuli.snapshotter.layers.LayerCounts;
import dev.lazuli.snapshotter.metrics.OwnProcess;
import dev.lazuli.snapshotter.snapshots.SnapshotterServer;
import dev.lazuli.snapshotter.status.Content;
import dev.lazuli.snapshotter.status.Handler;
import dev.lazuli.snapshotter.status.ImageStatus;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.LayerUse;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.NodeUse;
import dev.lazuli.snapshotter.status.Query;
import dev.lazuli.snapshotter.status.RequestException;
import dev.lazuli.snapshotter.status.RequestException.Reason;
import dev.lazuli.snapshotter.status.Routes;
import dev.lazuli.snapshotter.waterfall.Waterfall;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** What a daemon answers on its status socket; {@code docs/status.md} describes it. */
final class NodeApi {
  private static final String NAME = "name";
  private static final String IMAGE = "image";
  private static final String TO = "to";
  private static final String DRY_RUN = "dry_run";
  private static final String UNPIN = "unpin";

  private final Configuration config;
  private final String version;
  private final Instant startedAt;
  private final SnapshotterServer snapshots;
  private final NodeUses uses;
  private final Optional<LayerActions> layers;
  private final NodeLayers mounts;
  private final LongSupplier diskBytes;
  private final UsedCredentials credentials;
  private final Supplier<Optional<String>> publishing;

  /** Whose credentials images are pulled with. */
  interface UsedCredentials {
    /** Returns them for an image's reference, as people may read them. */
    List<String> of(String image);
  }

  /**
   * Answers for the parts of a daemon.
   *
   * @param layers empty where nothing is mounted lazily
   * @param mounts says what is not as it could be
   * @param publishing says why indexes are not published, if they should be
   */
  NodeApi(
      Configuration config,
      String version,
      Instant startedAt,
      SnapshotterServer snapshots,
      NodeUses uses,
      Optional<LayerActions> layers,
      NodeLayers mounts,
      LongSupplier diskBytes,
      UsedCredentials credentials,
      Supplier<Optional<String>> publishing) {
    this.config = config;
    this.version = version;
    this.startedAt = startedAt;
    this.snapshots = snapshots;
    this.uses = uses;
    this.layers = layers;
    this.mounts = mounts;
    this.diskBytes = diskBytes;
    this.credentials = credentials;
    this.publishing = publishing;
  }

  /** Returns what is answered to who may do everything. */
  Routes routes() {
    return health(new Routes())
        .get("/status", only(List.of(), _ -> status()))
        .get("/layers", only(List.of(NAME), query -> named(query, LayerActions::status)))
        .get("/waterfall", only(List.of(IMAGE), this::waterfall))
        .post("/fetch", only(List.of(NAME), query -> named(query, LayerActions::fetch)))
        .post("/pin", only(List.of(NAME, UNPIN), this::pin))
        .post("/prune", only(List.of(TO, DRY_RUN), this::prune));
  }

  /** Adds what anybody may ask. */
  Routes health(Routes routes) {
    return routes.get("/healthz", _ -> healthy()).get("/readyz", _ -> ready());
  }

  /** The process answers and its snapshots can be read. */
  private Content healthy() throws IOException {
    snapshots.check();
    return Content.text("ok\n");
  }

  /** Besides, images are mounted lazily. */
  private Content ready() throws RequestException, IOException {
    requireLayers();
    return healthy();
  }

  private Waterfall waterfall(Query query) throws RequestException, IOException {
    return requireLayers().waterfall(query.require(IMAGE));
  }

  private interface Answer {
    Object to(Query query) throws RequestException, IOException;
  }

  private static Handler only(List<String> parameters, Answer answer) {
    return query -> {
      query.allowOnly(parameters);
      var value = answer.to(query);
      return Content.json(() -> value);
    };
  }

  private NodeStatus status() throws IOException {
    var all = layers.isPresent() ? withUses(layers.get().status()) : List.<LayerStatus>of();
    var room = DiskRoom.of(config.root(), config.cache());
    return new NodeStatus(
        version,
        ProcessHandle.current().pid(),
        startedAt,
        config.root().toString(),
        Optional.of(mounts.noLazyMounts()).filter(reason -> !reason.isEmpty()),
        warnings(room),
        diskBytes.getAsLong(),
        config.cache().quotaBytes(),
        use(room),
        ImageStatus.of(all).stream()
            .map(image -> image.withCredentials(credentials.of(image.image())))
            .toList(),
        all,
        snapshots.troubles().list());
  }

  private List<String> warnings(DiskRoom room) {
    var all = new ArrayList<>(mounts.warnings());
    room.warning().ifPresent(all::add);
    publishing.get().ifPresent(all::add);
    return all;
  }

  private NodeUse use(DiskRoom room) {
    var counts = layers.map(LayerActions::counts).orElse(LayerCounts.NONE);
    return new NodeUse(
        OwnProcess.residentBytes(),
        OwnProcess.peakResidentBytes(),
        Math.toIntExact(OwnProcess.threads()),
        OwnProcess.openFiles(),
        OwnProcess.maxOpenFiles(),
        room.freeBytes(),
        counts.keptIndexes(),
        counts.keptIndexBytes());
  }

  private List<LayerStatus> withUses(List<LayerStatus> statuses) throws IOException {
    Map<Digest, LayerUse> all = uses.all();
    return statuses.stream()
        .map(layer -> layer.withUse(all.getOrDefault(Digest.parse(layer.digest()), LayerUse.NONE)))
        .toList();
  }

  private interface Named {
    List<LayerStatus> run(LayerActions actions, String name) throws RequestException, IOException;
  }

  private List<LayerStatus> named(Query query, Named action) throws RequestException, IOException {
    return withUses(action.run(requireLayers(), query.require(NAME)));
  }

  private List<LayerStatus> pin(Query query) throws RequestException, IOException {
    boolean wanted = !query.flag(UNPIN);
    return named(query, (actions, name) -> actions.pin(name, wanted));
  }

  private Object prune(Query query) throws RequestException, IOException {
    var to = query.bytes(TO).map(OptionalLong::of).orElse(OptionalLong.empty());
    boolean dryRun = query.flag(DRY_RUN);
    var actions = requireLayers();
    if (!dryRun) {
      snapshots.cleanup();
    }
    return actions.prune(to, dryRun);
  }

  private LayerActions requireLayers() throws RequestException {
    return layers.orElseThrow(
        () ->
            new RequestException(
                Reason.UNAVAILABLE, "this daemon mounts nothing lazily: " + mounts.noLazyMounts()));
  }
}
