package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.snapshots.SnapshotException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A snapshotter over layers that tests decide on. */
abstract class SnapshotterRig {
  static final String BASE = FakeLayers.digest(1);

  static final String TOP = FakeLayers.digest(2);

  @TempDir Path root;

  final FakeLayers layers = new FakeLayers();

  Duration mountTimeout = Duration.ofMinutes(1);

  Duration retryInterval = Duration.ofHours(1);

  Snapshotter snapshotter;

  @BeforeEach
  void open() throws IOException {
    var options = new SnapshotterOptions(root, root.resolve("s.sock"), mountTimeout, retryInterval);
    snapshotter = Snapshotter.open(options, Clock.systemUTC(), layers, new Metrics());
  }

  @AfterEach
  void close() {
    snapshotter.close();
  }

  void prepareLayer(String chainId, String parent, String digest) {
    assertFails(
        Reason.ALREADY_EXISTS,
        () -> snapshotter.prepare("extract " + chainId, parent, labels(chainId, digest)));
  }

  static Map<String, String> labels(String chainId, String digest) {
    return Map.of(
        "containerd.io/snapshot.ref",
        chainId,
        "containerd.io/snapshot/remote/stargz.reference",
        "registry.example/app:1",
        "containerd.io/snapshot/remote/stargz.digest",
        digest,
        "containerd.io/snapshot/stargz/toc.digest",
        FakeLayers.digest(99));
  }

  static void assertFails(Reason reason, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SnapshotException.class,
            e -> assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason));
  }
}
