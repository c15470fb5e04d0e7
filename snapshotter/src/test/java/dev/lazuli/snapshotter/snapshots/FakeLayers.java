package dev.lazuli.snapshotter.snapshots;

import static java.util.Objects.requireNonNull;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.bulk.NoIndexException;
import dev.lazuli.snapshotter.bulk.WholePullException;
import dev.lazuli.snapshotter.layers.Findings;
import dev.lazuli.snapshotter.layers.LayerEntry;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import dev.lazuli.snapshotter.layers.Usage;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.proof.Finding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Layers that are plain paths, and fail or wait on demand. */
final class FakeLayers implements RemoteLayers {
  static final Usage USAGE = new Usage(12345, 6);

  final Map<String, AtomicInteger> claims = new ConcurrentHashMap<>();
  final Set<String> failing = ConcurrentHashMap.newKeySet();
  final Set<String> unreadable = ConcurrentHashMap.newKeySet();
  final Map<String, CountDownLatch> waiting = new ConcurrentHashMap<>();

  /** Labels that a claim's request has beside those it was asked with. */
  volatile Map<String, String> lookedUp = Map.of();

  /** Roots of the layers that may imply directories. */
  final Map<String, FakeDirectory> roots = new ConcurrentHashMap<>();

  /** Layers that are only to be had whole, once {@link #waiting} lets them. */
  final Set<String> withoutIndex = ConcurrentHashMap.newKeySet();

  /** Layers that the configuration does not want mounted. */
  final Set<String> unwanted = ConcurrentHashMap.newKeySet();

  final List<String> pulled = new CopyOnWriteArrayList<>();
  final List<LayerRequest> mounted = new ArrayList<>();
  final List<LayerRequest> restored = new ArrayList<>();

  /** What is known of layers by their blobs. */
  final Map<String, Finding> findings = new ConcurrentHashMap<>();

  /** References whose repositories have all that is here. */
  final Set<String> sharing = ConcurrentHashMap.newKeySet();

  /** What the image's manifest lists; null while no registry answers. */
  volatile @Nullable List<Digest> listed = List.of();

  final Map<String, String> refused = new ConcurrentHashMap<>();
  private volatile Findings.@Nullable Listener listener;

  /** Opens a snapshotter that waits for these layers, and tries nothing again by itself. */
  Snapshotter open(Path root, Metrics metrics) throws IOException {
    var options =
        new SnapshotterOptions(
            root, root.resolve("s.sock"), Duration.ofMinutes(1), Duration.ofHours(1));
    return Snapshotter.open(options, Clock.systemUTC(), this, metrics);
  }

  @Override
  public void onFinding(Findings.Listener newListener) {
    listener = newListener;
  }

  @Override
  public void usesChanged(Digest digest) {
    try {
      var uses = requireNonNull(listener).uses(digest);
      if (uses.anyRight() || uses.lie().isEmpty()) {
        refused.remove(digest.toString());
      } else {
        refused.put(digest.toString(), uses.lie().get());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A layer's whole blob was read. */
  void found(String digest, Finding finding) {
    findings.put(digest, finding);
    requireNonNull(listener).found(Digest.parse(digest), finding);
  }

  static String digest(int number) {
    return "sha256:" + "%064x".formatted(number);
  }

  int openClaims(String digest) {
    return counter(digest).get();
  }

  long timesMounted(String digest) {
    synchronized (mounted) {
      return mounted.stream().filter(layer -> layer.digest().toString().equals(digest)).count();
    }
  }

  private AtomicInteger counter(String digest) {
    return claims.computeIfAbsent(digest, _ -> new AtomicInteger());
  }

  @Override
  public RemoteLayer mount(LayerRequest request) throws IOException, InterruptedException {
    synchronized (mounted) {
      mounted.add(request);
    }
    if (unwanted.contains(request.digest().toString())) {
      throw new WholePullException(request.digest(), "lazy_from");
    }
    if (withoutIndex.contains(request.digest().toString())) {
      throw new NoIndexException(request.digest(), "none");
    }
    return claim(request);
  }

  @Override
  public RemoteLayer pull(LayerRequest request, boolean isAwaited)
      throws IOException, InterruptedException {
    pulled.add(request.digest() + (isAwaited ? " awaited" : " ahead"));
    return claim(request);
  }

  @Override
  public List<Digest> listed(LayerRequest request) throws IOException {
    var known = listed;
    if (known == null) {
      throw new IOException("registry is away");
    }
    return known;
  }

  @Override
  public RemoteLayer mountAhead(LayerRequest request) throws IOException, InterruptedException {
    return mount(request);
  }

  @Override
  public RemoteLayer restore(LayerRequest request) throws IOException, InterruptedException {
    synchronized (restored) {
      restored.add(request);
    }
    return claim(request);
  }

  private RemoteLayer claim(LayerRequest request) throws IOException, InterruptedException {
    var latch = waiting.get(request.digest().toString());
    if (latch != null) {
      latch.await();
    }
    if (failing.contains(request.digest().toString())) {
      throw new IOException("registry is away");
    }
    counter(request.digest().toString()).incrementAndGet();
    return new Claim(request);
  }

  private final class Claim implements RemoteLayer {
    private final LayerRequest request;
    private final String digest;
    private boolean closed;

    Claim(LayerRequest request) {
      this.request = request;
      this.digest = request.digest().toString();
    }

    @Override
    public LayerRequest request() {
      var labels = new HashMap<>(request.toLabels());
      labels.putAll(lookedUp);
      return LayerRequest.fromLabels(labels).orElseThrow();
    }

    @Override
    public Digest digest() {
      return request.digest();
    }

    @Override
    public Path lowerDir() {
      return Path.of("/mounts", digest.substring(digest.length() - 4));
    }

    @Override
    public LayerEntry.Directory root() {
      return roots.getOrDefault(digest, new FakeDirectory());
    }

    @Override
    public boolean mayImplyDirectories() {
      return roots.containsKey(digest);
    }

    @Override
    public Optional<Finding> finding() {
      return Optional.ofNullable(findings.get(digest));
    }

    @Override
    public void confirmed() {}

    @Override
    public boolean isSharedWith(String reference) {
      return sharing.contains(reference);
    }

    @Override
    public boolean complete() {
      return false;
    }

    @Override
    public void check() throws IOException {
      if (unreadable.contains(digest)) {
        throw new IOException("content is away");
      }
    }

    @Override
    public Usage usage() {
      return USAGE;
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        counter(digest).decrementAndGet();
      }
    }
  }
}
