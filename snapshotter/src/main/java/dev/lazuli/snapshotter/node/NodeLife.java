package dev.lazuli.snapshotter.node;

import static java.util.Objects.requireNonNull;

import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.credentials.CredentialChain;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.knowledge.IndexPublisher;
import dev.lazuli.snapshotter.layers.LayerActions;
import dev.lazuli.snapshotter.layers.LayerCounts;
import dev.lazuli.snapshotter.layers.LayerService;
import dev.lazuli.snapshotter.layers.RegistryOrigin;
import dev.lazuli.snapshotter.layers.Tenancy;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.proof.BannedLayers;
import dev.lazuli.snapshotter.rehearsal.Rehearsal;
import dev.lazuli.snapshotter.share.SidePublisher;
import dev.lazuli.snapshotter.share.SidePublisher.PublishCounts;
import dev.lazuli.snapshotter.snapshots.SnapshotterOptions;
import dev.lazuli.snapshotter.snapshots.SnapshotterServer;
import dev.lazuli.snapshotter.status.Content;
import dev.lazuli.snapshotter.status.Routes;
import dev.lazuli.snapshotter.status.StatusServer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life of a daemon, from its configuration to its end, as {@link NodeState} draws it; the owner
 * of all that the daemon opens.
 *
 * <p>What can go wrong for a reason of its own (configuration, disk, locks, sockets, ports) is done
 * before anything of an earlier daemon is touched. Whatever ends a life, an exception in any state
 * or a signal, leaves mounts and waiting readers to the next daemon; only SIGINT unmounts.
 *
 * <p>For one thread.
 */
public final class NodeLife {
  private static final Logger log = LoggerFactory.getLogger(NodeLife.class);

  private interface Action {
    void run() throws IOException;
  }

  /** What leads to a state. */
  private record Step(NodeState to, Action action) {}

  private final Configuration config;
  private final String version;
  private final StartWatch watch;
  private final Instant startedAt = Instant.now();
  private final Metrics metrics = new Metrics();
  private final NodeLayers layers = new NodeLayers();

  /** Closed after the layers. */
  private final NodeParts below = new NodeParts();

  /** Closed before the layers. */
  private final NodeParts above = new NodeParts();

  private final Heartbeat heartbeat = new Heartbeat(ServiceNotice.of(System.getenv()));
  private NodeState state = NodeState.CONFIGURED;
  private @Nullable RegistryClient registry;
  private @Nullable SnapshotterServer snapshots;
  private @Nullable StatusServer statusSocket;
  private @Nullable StatusServer metricsPort;
  private @Nullable StatusServer secretsPort;
  private @Nullable HandedOver handedOver;
  private Optional<SidePublisher> publisher = Optional.empty();
  private @Nullable NodeStore store;

  /**
   * Prepares a life.
   *
   * @param version of this program, for operators to see
   */
  public NodeLife(Configuration config, String version) {
    this(config, version, StartWatch.NONE);
  }

  NodeLife(Configuration config, String version, StartWatch watch) {
    this.config = config;
    this.version = version;
    this.watch = watch;
  }

  /**
   * Lives until a signal ends it. {@link StopSignal#handle} must have been called.
   *
   * @throws IOException if the daemon cannot start; the message says why
   */
  public void run() throws IOException, InterruptedException {
    boolean unmount = false;
    try {
      start();
      var signal = StopSignal.await();
      log.info("stopping on SIG{}", signal);
      state = NodeState.STOPPING;
      heartbeat.stopping();
      unmount = signal == StopSignal.INT;
    } finally {
      end(unmount);
    }
  }

  private void start() throws IOException {
    heartbeat.start();
    for (var step : steps()) {
      if (StopSignal.hasCome(StopSignal.TERM)) {
        return;
      }
      step.action.run();
      state = step.to;
      log.debug("{}", state);
      heartbeat.nextStep();
      watch.reached(state);
    }
    var took = Duration.between(startedAt, Instant.now()).toMillis();
    log.info(
        "lazuli {} serves {} after {} ms, root {}", version, config.address(), took, config.root());
    var vitals = Vitals.of(layers.service(), requireNonNull(snapshots));
    heartbeat.serving(vitals::trouble);
    above.own(HeapTrim.start());
    if (config.mount().rehearsal()) {
      above.own(Rehearsal.start(config.state()));
    }
  }

  private void end(boolean unmount) {
    if (state.compareTo(NodeState.READY) < 0) {
      log.error("start failed after state {}; mounts are left for the next start", state);
    }
    if (unmount) {
      unmountMapped();
    }
    above.close();
    if (unmount) {
      layers.close();
    } else {
      layers.leave();
    }
    below.close();
    heartbeat.close();
    state = unmount ? NodeState.UNMOUNTED : NodeState.LEFT;
    log.debug("{}", state);
  }

  private void unmountMapped() {
    try {
      if (snapshots != null) {
        snapshots.unmountMapped();
      }
    } catch (IOException e) {
      log.warn("mounts for user namespaces stay: {}", e.toString());
    }
  }

  private List<Step> steps() {
    return List.of(
        new Step(NodeState.CHECKED, () -> NodePlaces.check(config)),
        new Step(NodeState.OPENED, this::open),
        new Step(NodeState.BOUND, this::bind),
        new Step(NodeState.ADOPTED, layers::adopt),
        new Step(NodeState.TAKEN_OVER, this::takeOver),
        new Step(NodeState.READY, this::serve));
  }

  private void open() throws IOException {
    var client = below.own(new RegistryClient(registryOptions(), metrics::hostAnswered));
    registry = client;
    var indexes = IndexPlaces.of(config.indexes(), client, config.root().resolve("tmp"));
    var published = IndexPlaces.publisher(config.indexes(), client, publishRules());
    published.ifPresent(below::own);
    publisher = published;
    var known = published.<IndexPublisher>map(one -> one).orElse(IndexPublisher.NONE);
    var origin = new RegistryOrigin(client, indexes, known);
    var banned = new BannedLayers(config.root().resolve("banned"));
    var place = above.own(NodeStore.open(config, layers, origin, banned, metrics));
    store = place;
    layers.open(
        () ->
            LayerService.prepare(
                NodeOptions.layers(config).withShown(place.place()),
                origin,
                new FetchMetrics(metrics)));
    snapshots =
        above.own(
            SnapshotterServer.prepare(
                new SnapshotterOptions(config.root(), config.address(), config.mount().timeout())
                    .withPullTimeout(config.bulk().timeout()),
                layers,
                banned,
                metrics));
  }

  private SidePublisher.Rules publishRules() {
    return new SidePublisher.Rules(
        this::mayPublish,
        config.indexes().publishDelay(),
        () -> DiskRoom.orNone(config.root(), config.cache()).spareBytes(),
        config.root().resolve("tmp"));
  }

  /** What needs a pod's own secret is not for whoever may read indexes. */
  private boolean mayPublish(String reference) {
    return Tenancy.isNamed(reference, config.indexes().publish())
        && (handedOver == null || !handedOver.knows(reference));
  }

  private RegistryOptions registryOptions() {
    var options = NodeOptions.registryBuilder(config.registry(), System.getenv());
    if (NodeOptions.keepsPullSecrets(config)) {
      handedOver = HandedOver.open(NodeOptions.pullSecrets(config));
      var others = NodeOptions.credentials(config.registry(), System.getenv());
      options.credentials(new CredentialChain(List.of(handedOver, others)));
    }
    return options.build();
  }

  private void bind() throws IOException {
    statusSocket = above.own(StatusServer.bind(config.statusSocket()));
    if (config.metricsAddress().isPresent()) {
      metricsPort = above.own(StatusServer.bind(NodePlaces.address(config.metricsAddress().get())));
    }
    var secrets = config.registry().pullSecrets();
    if (secrets.isPresent()) {
      secretsPort =
          above.own(
              StatusServer.bind(NodePlaces.pullSecretsAddress(secrets.get()), "pull secrets"));
    }
  }

  private void takeOver() throws IOException {
    layers.takeOver();
    requireNonNull(store).takenOver();
  }

  private void serve() throws IOException {
    var serving = requireNonNull(snapshots);
    var api = api(serving);
    serving.serve();
    requireNonNull(store).start(serving.troubles());
    var routes = api.routes();
    if (handedOver != null && config.store()) {
      routes.hatch(GivenCredentials.PATH, new GivenCredentials(handedOver));
    }
    requireNonNull(statusSocket).serve(routes);
    if (metricsPort != null) {
      var open = new Routes().get("/metrics", Content.of(Metrics.CONTENT_TYPE, metrics::write));
      metricsPort.serve(api.health(open));
    }
    if (secretsPort != null) {
      var address = config.registry().pullSecrets().orElseThrow();
      var door = new PullSecrets(requireNonNull(handedOver), address);
      secretsPort.serve(new Routes().door(PullSecrets.PATH, door));
    }
  }

  private NodeApi api(SnapshotterServer serving) {
    var shown = requireNonNull(store);
    var uses = new NodeUses(serving, shown);
    layers.service().ifPresent(opened -> opened.layers().neededBy(() -> uses.all().keySet()));
    var actions = layers.actions();
    new NodeGauges(
            version,
            () -> actions.map(LayerActions::counts).orElse(LayerCounts.NONE),
            serving.troubles()::counts,
            layers::diskBytes,
            config.cache().quotaBytes(),
            () -> actions.map(LayerActions::evictedBytes).orElse(0L),
            () -> actions.map(LayerActions::failedSyncs).orElse(0L),
            () -> DiskRoom.orNone(config.root(), config.cache()),
            () -> layers.noLazyMounts().isEmpty(),
            () -> publisher.map(SidePublisher::counts).orElse(PublishCounts.NONE))
        .register(metrics);
    return new NodeApi(
        config,
        version,
        startedAt,
        serving,
        uses,
        actions,
        layers,
        layers::diskBytes,
        this::credentials,
        () ->
            publisher
                .flatMap(SidePublisher::trouble)
                .or(() -> IndexPlaces.warning(config.indexes())));
  }

  private List<String> credentials(String image) {
    try {
      return requireNonNull(registry).credentials(ImageReference.parse(image));
    } catch (IOException | IllegalArgumentException e) {
      return List.of(); // Whoever pulls is told what is wrong with the name or the hosts' files.
    }
  }
}
