package dev.lazuli.snapshotter.layers;

import static dev.lazuli.demo.registry.RegistryRequest.anyBlob;
import static dev.lazuli.demo.registry.RegistryRequest.kind;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.RegistryDemands;
import dev.lazuli.demo.registry.RegistryRequest;
import dev.lazuli.demo.registry.RegistryRequest.Kind;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.Mirror;
import dev.lazuli.snapshotter.RegistryRig;
import dev.lazuli.snapshotter.fetch.OpenFiles;
import dev.lazuli.snapshotter.layers.FaultedPull.Want;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.FaultScript;
import dev.lazuli.testimages.registry.TestRegistry;
import dev.lazuli.testimages.waiting.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every fault at every stage of a layer's way from a registry with tokens and redirects to the
 * cache: right bytes or an error that names its object, in time, and nothing leaks.
 */
@Timeout(300)
final class FaultMatrixTest {
  /** How long a reader waits for what cannot come. */
  private static final Duration SHORT = Duration.ofMillis(300);

  /** After this, a client gives up what is slow on purpose; what else it asks for is quicker. */
  private static final Duration TOO_SLOW = Duration.ofMillis(200);

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

    /** Whose answers are shorter than the faults that strike in the middle of one. */
    private static final Set<Stage> SHORT_ANSWERS = EnumSet.of(TOKEN, MANIFEST, REDIRECT);

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

    Want want() {
      return switch (this) {
        case PREFETCH -> Want.PREFETCH;
        case BACKGROUND -> Want.BACKGROUND;
        default -> Want.READER;
      };
    }
  }

  /** What comes of a fault. */
  private enum Outcome {
    RIGHT,
    ERROR,
    /** A reset may overtake what was sent before it. */
    EITHER
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
          new Fault.Stall(1000, Duration.ofMillis(800)),
          new Fault.SlowHeaders(Duration.ofSeconds(2)));

  private static final List<Fault> LASTING =
      List.of(
          Fault.status(401),
          Fault.status(403),
          Fault.status(404),
          Fault.status(416),
          new Fault.WrongBytes(MIDDLE, 16));

  /**
   * So many cases are played at a time. Most of a case is waiting for what does not come; more at a
   * time would have good answers come late.
   */
  private static final int PLAYERS = 6;

  /** How long a case may take on a busy machine, with those that are played before it. */
  private static final long MOST_SECONDS = 120;

  private static @TempDir Path directory;
  private static OpenFiles before;
  private static ExecutorService players;
  private static OciLayout layout;
  private static BlobDescriptor layer;

  @BeforeAll
  static void build() throws Exception {
    players = Executors.newFixedThreadPool(PLAYERS);
    layout = OciLayout.at(directory.resolve("images"));
    var tree = new ImageTree();
    for (int i = 0; i < 5; i++) {
      tree.file("file" + i, new GeneratedContent(150_000, i + 1, GeneratedContent.NOISE));
    }
    var manifest = new ImageBuilder(layout).encoding(LayerEncoding.ESTARGZ).layer(tree).build("1");
    layer = layout.layers(manifest).getFirst();
    // After the JVM has opened what it needs to close a socket.
    happensTwice(Stage.DEMAND, new Fault.ShortBody(MIDDLE));
    before = OpenFiles.now();
  }

  @AfterAll
  static void assertNothingLeaked() throws Exception {
    var _ = players.shutdownNow();
    assertThat(players.awaitTermination(MOST_SECONDS, TimeUnit.SECONDS)).isTrue();
    before.assertNothingAdded();
  }

  @TestFactory
  Stream<DynamicTest> faultThatHappensTwice() {
    return everything(FaultMatrixTest::happensTwice);
  }

  @TestFactory
  Stream<DynamicTest> faultThatNeverEnds() {
    return everything(FaultMatrixTest::neverEnds);
  }

  private interface Case {
    void play(Stage stage, Fault fault) throws Exception;
  }

  /** Has all cases played, and returns a test of each, which waits for its end. */
  private static Stream<DynamicTest> everything(Case each) {
    var tests = new ArrayList<DynamicTest>();
    for (Stage stage : Stage.values()) {
      Stream.concat(PASSING.stream(), LASTING.stream())
          .forEach(fault -> tests.add(played(each, stage, fault)));
    }
    return tests.stream();
  }

  private static DynamicTest played(Case each, Stage stage, Fault fault) {
    var played =
        players.submit(
            () -> {
              each.play(stage, fault);
              return true;
            });
    return DynamicTest.dynamicTest(
        stage + " " + fault, () -> assertThat(played.get(MOST_SECONDS, TimeUnit.SECONDS)).isTrue());
  }

  private static void happensTwice(Stage stage, Fault fault) throws Exception {
    boolean triedAgain = stage.want() == Want.READER && !stage.beforeIndex();
    boolean overcome = PASSING.contains(fault) || triedAgain || stage == Stage.MIRROR;

    play(
        stage,
        fault,
        overcome ? Outcome.RIGHT : Outcome.EITHER,
        (script, when) -> script.next(when, brief(stage, fault), brief(stage, fault)));
  }

  private static void neverEnds(Stage stage, Fault fault) throws Exception {
    play(
        stage,
        fault,
        ofNoEnd(stage, fault),
        (script, when) -> script.always(when, brief(stage, fault)));
  }

  private static Outcome ofNoEnd(Stage stage, Fault fault) {
    if (stage == Stage.MIRROR) {
      return Outcome.RIGHT;
    }
    boolean shortAnswers = Stage.SHORT_ANSWERS.contains(stage);
    return switch (fault) {
      case Fault.IgnoreRange(), Fault.RefuseMultiRange() -> Outcome.RIGHT;
      // Each answer brings some chunks; what is shorter is not touched.
      case Fault.ShortBody(long bytes) when bytes == MIDDLE || stage == Stage.REDIRECT ->
          Outcome.RIGHT;
      case Fault.Reset(long bytes) when bytes == MIDDLE || stage == Stage.REDIRECT ->
          Outcome.EITHER;
      case Fault.Stall _, Fault.WrongBytes _ when shortAnswers -> Outcome.RIGHT;
      default -> Outcome.ERROR;
    };
  }

  @Test
  void mirrorWithAWrongTableOfContents_isLeftForTheRegistry() throws Exception {
    var fault = new Fault.WrongBytes(layer.size() - 300, 16);

    play(Stage.MIRROR, fault, Outcome.RIGHT, (script, when) -> script.always(when, fault));
  }

  private interface Plan {
    void write(FaultScript script, Predicate<RegistryRequest> when);
  }

  /** Returns the fault; where it only keeps a connection whose answer is whole, not for long. */
  private static Fault brief(Stage stage, Fault fault) {
    return fault instanceof Fault.Stall(long after, _) && Stage.SHORT_ANSWERS.contains(stage)
        ? new Fault.Stall(after, Duration.ofMillis(300))
        : fault;
  }

  private static void play(Stage stage, Fault fault, Outcome expected, Plan plan) throws Exception {
    var options =
        RegistryDemands.OPEN
            .withAccess(
                new RegistryDemands.Access.Bearer("user", "password", Duration.ofMinutes(5)))
            .withRedirects(Duration.ofMinutes(5));
    try (var registry = TestRegistry.start(options)) {
      registry.serve("image", layout);
      if (stage == Stage.MIRROR) {
        try (var mirror = TestRegistry.start()) {
          mirror.serve("image", layout);
          play(stage, fault, expected, plan, registry, mirror);
          Eventually.asserted(() -> assertThat(mirror.openConnections()).isZero());
        }
      } else {
        play(stage, fault, expected, plan, registry, registry);
      }
      Eventually.asserted(() -> assertThat(registry.openConnections()).isZero());
    }
  }

  /** Plays it with one of the two, which may be the same, out of order. */
  private static void play(
      Stage stage,
      Fault fault,
      Outcome expected,
      Plan plan,
      TestRegistry registry,
      TestRegistry faulty)
      throws Exception {
    Runnable faults = () -> plan.write(faulty.faults(), stage.requests());
    var reference = ImageReference.parse(registry.reference("image", "1"));
    var deadline = expected == Outcome.RIGHT ? RegistryRig.PATIENCE : SHORT;
    try (var rig = rig(stage, fault, expected, registry, faulty)) {
      var pull = new FaultedPull(rig, reference, layer, stage.want(), deadline);
      if (stage.beforeIndex()) {
        faults.run();
      }
      boolean overcome =
          pull.run(
              Files.createTempDirectory(directory, "store"),
              stage.beforeIndex() ? () -> {} : faults);
      if (!(fault instanceof Fault.RefuseMultiRange)) {
        assertThat(faulty.faults().injected()).isPositive();
      }
      if (expected != Outcome.EITHER) {
        assertThat(overcome ? Outcome.RIGHT : Outcome.ERROR).isEqualTo(expected);
      }
    }
  }

  /**
   * Returns a client with more attempts than there are faults where all has to come right, because
   * on a slow machine a good answer may come too late as well.
   */
  private static RegistryRig rig(
      Stage stage, Fault fault, Outcome expected, TestRegistry registry, TestRegistry mirror) {
    return new RegistryRig(
        options -> {
          options.attempts(expected == Outcome.RIGHT ? 10 : 3);
          if (fault instanceof Fault.SlowHeaders) {
            options.headersTimeout(TOO_SLOW);
          }
          if (fault instanceof Fault.Stall) {
            options.idleBodyTimeout(TOO_SLOW);
          }
          if (stage == Stage.MIRROR) {
            options.mirrors(registry.host(), List.of(new Mirror(mirror.host(), true)));
          }
        });
  }
}
