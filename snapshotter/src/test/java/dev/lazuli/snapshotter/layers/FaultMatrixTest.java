package dev.lazuli.snapshotter.layers;

import static dev.lazuli.testimages.registry.RegistryRequest.anyBlob;
import static dev.lazuli.testimages.registry.RegistryRequest.kind;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.Sha256;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.FetchOptions;
import dev.lazuli.snapshotter.fetch.FetchScheduler;
import dev.lazuli.snapshotter.fetch.LayerFetch;
import dev.lazuli.snapshotter.fetch.OpenFiles;
import dev.lazuli.snapshotter.layers.index.IndexOptions;
import dev.lazuli.snapshotter.layers.index.LayerIndexer;
import dev.lazuli.snapshotter.registry.ClientRig;
import dev.lazuli.snapshotter.registry.ImageReference;
import dev.lazuli.snapshotter.registry.Mirror;
import dev.lazuli.testimages.images.BlobDescriptor;
import dev.lazuli.testimages.images.GeneratedContent;
import dev.lazuli.testimages.images.ImageBuilder;
import dev.lazuli.testimages.images.ImageTree;
import dev.lazuli.testimages.images.LayerEncoding;
import dev.lazuli.testimages.images.OciLayout;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.RegistryDemands;
import dev.lazuli.testimages.registry.RegistryRequest;
import dev.lazuli.testimages.registry.RegistryRequest.Kind;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every fault at every stage of a layer's way from a registry with tokens and redirects to the
 * cache: right bytes or an error that names its object, in time, and nothing leaks.
 */
@Timeout(120)
final class FaultMatrixTest {
  private static final Duration DEADLINE = Duration.ofSeconds(3);
  private static final int MIDDLE = 300_000;

  /** Where the fault strikes. */
  enum Stage {
    TOKEN,
    MANIFEST,
    INDEX,
    REDIRECT,
    REDIRECT_TARGET,
    DEMAND,
    PREFETCH,
    BACKGROUND,
    MIRROR;

    Predicate<RegistryRequest> requests() {
      return switch (this) {
        case TOKEN -> kind(Kind.TOKEN);
        case MANIFEST -> kind(Kind.MANIFEST);
        case REDIRECT -> kind(Kind.BLOB);
        case REDIRECT_TARGET -> kind(Kind.REDIRECTED_BLOB);
        case INDEX, DEMAND, PREFETCH, BACKGROUND -> anyBlob();
        case MIRROR -> _ -> true;
      };
    }

    boolean beforeIndex() {
      return switch (this) {
        case TOKEN, MANIFEST, INDEX, REDIRECT, MIRROR -> true;
        case REDIRECT_TARGET, DEMAND, PREFETCH, BACKGROUND -> false;
      };
    }

    boolean hasReader() {
      return this != PREFETCH && this != BACKGROUND;
    }
  }

  /** Faults that may pass, so that trying again is worth it at every stage. */
  private static final List<Fault> PASSING =
      List.of(
          new Fault.NoAnswer(),
          new Fault.Reset(0),
          new Fault.Reset(1),
          new Fault.Reset(MIDDLE),
          new Fault.ShortBody(0),
          new Fault.ShortBody(MIDDLE),
          Fault.tooManyRequests(1),
          Fault.status(500),
          Fault.status(503),
          new Fault.IgnoreRange(),
          new Fault.RefuseMultiRange(),
          new Fault.Stall(1000, Duration.ofSeconds(2)),
          new Fault.SlowHeaders(Duration.ofMillis(800)));

  private static final List<Fault> LASTING =
      List.of(
          Fault.status(401),
          Fault.status(403),
          Fault.status(404),
          Fault.status(416),
          new Fault.WrongBytes(MIDDLE, 16));

  private static @TempDir Path images;
  private static OciLayout layout;
  private static BlobDescriptor layer;

  @TempDir Path directory;

  private final AtomicInteger failures = new AtomicInteger();

  @BeforeAll
  static void build() throws IOException {
    layout = OciLayout.at(images);
    var tree = new ImageTree();
    for (int i = 0; i < 5; i++) {
      tree.file("file" + i, new GeneratedContent(150_000, i + 1, GeneratedContent.NOISE));
    }
    var manifest = new ImageBuilder(layout).encoding(LayerEncoding.ESTARGZ).layer(tree).build("1");
    layer = layout.layers(manifest).getFirst();
  }

  static Stream<Arguments> everything() {
    return Stream.of(Stage.values())
        .flatMap(
            stage ->
                Stream.concat(PASSING.stream(), LASTING.stream())
                    .map(fault -> Arguments.of(stage, fault)));
  }

  @ParameterizedTest
  @MethodSource("everything")
  void faultThatHappensTwice(Stage stage, Fault fault) throws Exception {
    boolean overcome = play(stage, fault, 10, (script, when) -> script.next(when, fault, fault));

    boolean triedAgain = stage.hasReader() && !stage.beforeIndex();
    if (PASSING.contains(fault) || triedAgain || stage == Stage.MIRROR) {
      assertThat(overcome).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("everything")
  void faultThatNeverEnds(Stage stage, Fault fault) throws Exception {
    boolean overcome = play(stage, fault, 3, (script, when) -> script.always(when, fault));

    if (stage == Stage.MIRROR) {
      assertThat(overcome).isTrue();
    }
  }

  @Test
  void mirrorWithAWrongTableOfContents_isLeftForTheRegistry() throws Exception {
    var fault = new Fault.WrongBytes(layer.size() - 300, 16);

    assertThat(play(Stage.MIRROR, fault, 3, (script, when) -> script.always(when, fault))).isTrue();
  }

  private interface Plan {
    void write(dev.lazuli.testimages.registry.FaultScript script, Predicate<RegistryRequest> when);
  }

  /**
   * Returns whether everything came right in the end.
   *
   * @param attempts of the client; more than there are faults where all has to come right, because
   *     on a slow machine a good answer may come too late as well
   */
  private boolean play(Stage stage, Fault fault, int attempts, Plan plan) throws Exception {
    var options =
        RegistryDemands.OPEN
            .withAccess(
                new RegistryDemands.Access.Bearer("user", "password", Duration.ofMinutes(5)))
            .withRedirects(Duration.ofMinutes(5));
    OpenFiles before = OpenFiles.now();
    boolean overcome = play(stage, fault, attempts, plan, options);
    before.assertNothingAdded();
    return overcome;
  }

  private boolean play(Stage stage, Fault fault, int attempts, Plan plan, RegistryDemands options)
      throws Exception {
    try (var registry = TestRegistry.start(options);
        var mirror = TestRegistry.start()) {
      registry.serve("image", layout);
      mirror.serve("image", layout);
      boolean overcome;
      try (var rig = rig(stage, fault, attempts, registry, mirror)) {
        var faulty = stage == Stage.MIRROR ? mirror : registry;
        var deadline = stage == Stage.MIRROR || attempts > 3 ? ClientRig.PATIENCE : DEADLINE;
        overcome =
            pull(
                stage,
                deadline,
                registry,
                rig,
                () -> plan.write(faulty.faults(), stage.requests()));
        if (!(fault instanceof Fault.RefuseMultiRange)) {
          assertThat(faulty.faults().injected()).isPositive();
        }
      }
      long end = System.nanoTime() + ClientRig.PATIENCE.toNanos();
      while (registry.openConnections() + mirror.openConnections() > 0 && System.nanoTime() < end) {
        Thread.sleep(5);
      }
      assertThat(registry.openConnections() + mirror.openConnections()).isZero();
      return overcome;
    }
  }

  /** Only what is slow on purpose is given up soon. */
  private static ClientRig rig(
      Stage stage, Fault fault, int attempts, TestRegistry registry, TestRegistry mirror) {
    return new ClientRig(
        options -> {
          options.attempts(attempts);
          if (fault instanceof Fault.SlowHeaders) {
            options.headersTimeout(Duration.ofMillis(400));
          }
          if (fault instanceof Fault.Stall) {
            options.idleBodyTimeout(Duration.ofMillis(700));
          }
          if (stage == Stage.MIRROR) {
            options.mirrors(registry.host(), List.of(new Mirror(mirror.host(), true)));
          }
        });
  }

  private boolean pull(
      Stage stage, Duration deadline, TestRegistry registry, ClientRig rig, Runnable faults)
      throws Exception {
    var listener =
        new FetchListener() {
          @Override
          public void rangeFailed(String layer, long offset, long bytes, IOException reason) {
            failures.incrementAndGet();
          }
        };
    var options = FetchOptions.DEFAULT.withReadDeadline(deadline);
    try (var store = LayerStore.open(directory, StoreOptions.defaults());
        var scheduler = new FetchScheduler(options, Limits.DEFAULT, listener)) {
      if (stage.beforeIndex()) {
        faults.run();
      }
      var reference = ImageReference.parse(registry.reference("image", "1"));
      try (var data = index(rig, reference, new LayerIndexer(store, IndexOptions.DEFAULT))) {
        if (!stage.beforeIndex()) {
          faults.run();
        }
        var blob = rig.client.blob(reference, layer.digest(), layer.size());
        var fetch = scheduler.attach(data, blob, Compression.GZIP);
        boolean whole = fetch(stage, data, fetch);
        assertEveryPresentChunkIsRight(data);
        fetch.close();
        assertThat(scheduler.openStreams()).isZero();
        return whole;
      } catch (IOException e) {
        assertThat(e).hasMessageContaining(registry.host());
        return false;
      }
    }
  }

  private static LayerData index(ClientRig rig, ImageReference reference, LayerIndexer indexer)
      throws IOException, InterruptedException {
    var manifest = rig.client.manifest(reference);
    assertThat(manifest.descriptor().size()).isPositive();
    var toc = Sha256.parse(requireNonNull(layer.annotations().get(Annotations.TOC_DIGEST)));
    var blob = rig.client.blob(reference, layer.digest(), -1);
    var trust = new TocTrust.Json(toc);
    try (var indexed = indexer.index(layer.digest(), reference.toString(), blob, trust)) {
      return indexed.take();
    }
  }

  private boolean fetch(Stage stage, LayerData data, LayerFetch fetch) throws Exception {
    int count = data.chunks().count();
    CompletableFuture<Void> done =
        switch (stage) {
          case PREFETCH -> fetch.prefetch(0, layer.size());
          case BACKGROUND -> {
            fetch.background();
            yield fetch.completed();
          }
          default -> fetch.demand(0, count);
        };
    long end = System.nanoTime() + ClientRig.PATIENCE.multipliedBy(2).toNanos();
    while (!done.isDone() && System.nanoTime() < end) {
      if (!stage.hasReader() && failures.get() > 2) {
        return false; // Tried again for ever, more and more seldom.
      }
      Thread.sleep(5);
    }
    try {
      done.get(0, TimeUnit.SECONDS);
      assertThat(data.nextMissing(0, count)).isNegative();
      return true;
    } catch (ExecutionException e) {
      assertThat(e).hasMessageContaining(layer.digest());
      return false;
    } catch (java.util.concurrent.TimeoutException e) {
      return fail("neither bytes nor an error");
    }
  }

  private static void assertEveryPresentChunkIsRight(LayerData data) throws Exception {
    var chunks = data.chunks();
    var sha256 = MessageDigest.getInstance("SHA-256");
    for (int chunk = 0; chunk < chunks.count(); chunk++) {
      if (data.isPresent(chunk)) {
        var bytes = ByteBuffer.allocate((int) chunks.size(chunk));
        data.read(chunks.dataOffset(chunk), bytes);
        byte[] expected = new byte[Sha256.BYTES];
        chunks.digest(chunk, expected);
        assertThat(sha256.digest(bytes.array())).isEqualTo(expected);
      }
    }
  }
}
