package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.proof.BannedLayers;
import dev.lazuli.snapshotter.proof.Finding;
import dev.lazuli.snapshotter.snapshots.SnapshotException.Reason;
import dev.lazuli.snapshotter.status.Troubles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every operation on the database's file and every directory fails once, and from there on until it
 * heals: what was said to have failed has not happened, what was said to be there is, no claim or
 * directory is left over or missing.
 */
final class SnapshotFaultsTest {
  private static final String BASE = FakeLayers.digest(1);
  private static final String TOP = FakeLayers.digest(2);

  @TempDir Path directory;

  private FakeLayers layers = new FakeLayers();
  private final Set<String> expected = new TreeSet<>();

  @SuppressWarnings("NullAway.Init") // open() makes it
  private SnapshotStore store;

  @SuppressWarnings("NullAway.Init")
  private Snapshotter snapshotter;

  @SuppressWarnings("NullAway.Init")
  private Path root;

  private interface Step {
    void run() throws IOException;
  }

  private void open(int round) throws IOException {
    layers = new FakeLayers();
    expected.clear();
    root = Files.createDirectory(directory.resolve(Integer.toString(round)));
    reopen();
  }

  private void reopen() throws IOException {
    var file = root.resolve("snapshots.db");
    store = new SnapshotStore(Database.open(file, FailingFiles.name(file)), Clock.systemUTC());
    var troubles = new Troubles(Clock.systemUTC());
    var banned = new BannedLayers(root.resolve("banned"));
    var truth = new SnapshotTruth(store, layers, banned, troubles, new Metrics());
    truth.start();
    snapshotter =
        new Snapshotter(
            store,
            SnapshotDirectories.open(root),
            OverlayMounts.withOptions(List.of()),
            new MappedDirectories(root.resolve("mapped")),
            new RemoteSnapshots(layers, Duration.ofMinutes(1), Duration.ofMinutes(1), troubles),
            new LayersAhead(layers),
            truth,
            troubles,
            new Metrics());
  }

  @AfterEach
  void heal() {
    FailingFiles.heal();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void databaseOperationThatFails_leavesNothingBehind(boolean lasting) throws IOException {
    boolean reached = true;
    for (int n = 1; reached; n++) {
      open(n);
      FailingFiles.failAt(n, lasting);
      scenario();
      reached = FailingFiles.heal();

      assertTruthful("operation " + n);
      assertEverythingWorksAndGoes("operation " + n);
    }
  }

  @Test
  void liarThatCannotBeDisowned_isDisownedOnceTheDatabaseWorks() throws IOException {
    open(0);
    prepareLayer("chain1", "", BASE);
    FailingFiles.failAt(1, /* forGood= */ true);
    layers.found(BASE, new Finding(Optional.empty(), Optional.of("its blob is another")));
    assertThat(FailingFiles.heal()).isTrue();
    assertThat(names()).noneMatch(name -> name.startsWith("lied/"));

    snapshotter.restoreFailed();

    assertThat(names()).anyMatch(name -> name.startsWith("lied/"));
    assertThat(layers.refused).containsKey(BASE);
    snapshotter.close();
  }

  @Test
  void directoryThatCannotBeMade_leavesNothingBehind() throws IOException {
    for (int n = 0; n < scenarioSteps().size(); n++) {
      open(n);
      var steps = scenarioSteps();
      for (int i = 0; i < steps.size(); i++) {
        if (i == n) {
          withoutDirectories(steps.get(i));
        } else {
          attempt(steps.get(i));
        }
      }

      assertTruthful("step " + n);
      assertEverythingWorksAndGoes("step " + n);
    }
  }

  private void withoutDirectories(Step step) throws IOException {
    var real = Files.move(root.resolve("snapshots"), root.resolve("away"));
    Files.createFile(root.resolve("snapshots"));
    attempt(step);
    Files.delete(root.resolve("snapshots"));
    Files.move(real, root.resolve("snapshots"));
  }

  private void scenario() {
    scenarioSteps().forEach(SnapshotFaultsTest::attempt);
  }

  private List<Step> scenarioSteps() {
    return List.of(
        () -> prepareLayer("chain1", "", BASE),
        () -> made("container", () -> snapshotter.prepare("container", "chain1", Map.of())),
        () -> prepareLayer("chain2", "chain1", TOP),
        () -> made("look", () -> snapshotter.view("look", "chain2", Map.of())),
        () -> made("tmp", () -> snapshotter.prepare("tmp", "chain1", Map.of())),
        () -> {
          snapshotter.commit("own", "tmp", "", Map.of());
          expected.remove("tmp");
          expected.add("own");
        },
        () -> removed("container"),
        () -> removed("look"),
        () -> snapshotter.cleanup(),
        () -> removed("chain2"),
        () -> snapshotter.cleanup(),
        () -> prepareLayer("chain2", "chain1", TOP),
        () -> made("again", () -> snapshotter.prepare("again", "chain2", Map.of())),
        () -> snapshotter.update("again", Map.of("a", "b"), List.of()));
  }

  private static void attempt(Step step) {
    try {
      step.run();
    } catch (IOException e) {
      // Fails as it is meant to, or because something before it did.
      assertThat(e.getMessage()).isNotNull();
    }
  }

  private void made(String name, Step step) throws IOException {
    step.run();
    expected.add(name);
  }

  private void removed(String name) throws IOException {
    snapshotter.remove(name);
    expected.remove(name);
  }

  private void prepareLayer(String chainId, String parent, String digest) throws IOException {
    var labels = SnapshotterRig.labels(chainId, digest);
    var key = "extract " + chainId;
    try {
      snapshotter.prepare(key, parent, labels);
      expected.add(key);
    } catch (SnapshotException e) {
      if (e.reason() == Reason.ALREADY_EXISTS
          && String.valueOf(e.getMessage()).contains("target snapshot")) {
        expected.add(chainId);
        return;
      }
      throw e;
    }
  }

  private void assertTruthful(String when) throws IOException {
    assertThat(names()).as(when).isEqualTo(expected);
    assertHeld(when);
    store.close();
    reopen();
    assertThat(names()).as(when + ", after a restart").isEqualTo(expected);
  }

  private Set<String> names() throws IOException {
    var names = new TreeSet<String>();
    store.list(_ -> true).forEach(snapshot -> names.add(snapshot.name()));
    return names;
  }

  private void assertEverythingWorksAndGoes(String when) throws IOException {
    // What the life before the restart held is not this one's to give back.
    layers.claims.clear();
    snapshotter.cleanup();
    for (var snapshot : store.list(s -> !s.isRemote())) {
      assertThat(root.resolve("snapshots/" + snapshot.id() + "/fs")).as(when).isDirectory();
      if (snapshot.kind() == SnapshotKind.ACTIVE) {
        assertThat(snapshotter.usage(snapshot.name()).inodes()).as(when).isPositive();
      }
    }
    scenario();
    assertThat(names()).as(when).contains("chain1", "own", "chain2", "again");
    assertHeld(when);
    for (var left = new ArrayList<>(names()); !left.isEmpty(); left.removeIf(this::isGone)) {
      left.forEach(name -> attempt(() -> snapshotter.remove(name)));
    }
    snapshotter.cleanup();
    assertThat(root.resolve("snapshots")).as(when).isEmptyDirectory();
    assertThat(layers.openClaims(BASE) + layers.openClaims(TOP)).as(when).isZero();
  }

  private boolean isGone(String name) {
    try {
      return store.find(name).isEmpty();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void assertHeld(String when) throws IOException {
    snapshotter.cleanup();
    for (var digest : List.of(BASE, TOP)) {
      long snapshots =
          store
              .list(
                  s ->
                      s.layer()
                          .map(layer -> layer.digest().toString().equals(digest))
                          .orElse(false))
              .size();
      assertThat(layers.openClaims(digest)).as(when).isLessThanOrEqualTo((int) snapshots);
    }
  }
}
