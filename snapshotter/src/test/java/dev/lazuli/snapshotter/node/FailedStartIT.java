package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A daemon that cannot start costs the containers of the last one nothing: their readers wait, and
 * the next daemon answers them.
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class FailedStartIT {
  private static final List<NodeState> START =
      List.of(
          NodeState.CHECKED,
          NodeState.OPENED,
          NodeState.BOUND,
          NodeState.ADOPTED,
          NodeState.TAKEN_OVER,
          NodeState.READY);

  @TempDir Path directory;

  private NodeBed bed;

  @BeforeEach
  void waitWithAReader() throws Exception {
    bed = new NodeBed(directory);
    var daemon = bed.serve();
    var mount = bed.mount();
    bed.stallRegistry();
    var _ = bed.read(mount);
    awaitTheReadersMiss();
    assertThat(daemon.end("TERM")).isZero();
    var _ = bed.read(mount);
    bed.requireReadersWait();
  }

  private void awaitTheReadersMiss() {
    Eventually.until(() -> bed.registry.faults().injected() > 0);
  }

  @AfterEach
  void close() throws IOException {
    bed.close();
  }

  private void nextDaemonServesThem() throws Exception {
    bed.requireReadersWait();
    bed.healRegistry();
    var _ = bed.serve();
    bed.requireRightBytes();
    bed.endAndRequireNothingLeft();
  }

  @Test
  void griefInAnyStateOfTheStart_leavesReadersWaiting() throws Exception {
    var griefs = TestNode.Grief.values();
    for (int i = 0; i < START.size(); i++) {
      for (int turn = 0; turn < 2; turn++) {
        var grief = griefs[(2 * i + turn) % griefs.length];

        int code = bed.failing(START.get(i), grief);

        assertThat(code == 0).isEqualTo(grief == TestNode.Grief.TERM);
        bed.requireReadersWait();
      }
    }
    nextDaemonServesThem();
  }

  @Test
  void metricsPortInUse_leavesReadersWaiting() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      requireFailure("cannot serve metrics", "metrics.address=127.0.0.1:" + taken.getLocalPort());
    }
    nextDaemonServesThem();
  }

  @Test
  void lockedDatabase_leavesReadersWaiting() throws Exception {
    try (var file = FileChannel.open(bed.root().resolve("snapshots.db"), StandardOpenOption.WRITE);
        var _ = file.lock()) {
      requireFailure("snapshots.db");
    }
    nextDaemonServesThem();
  }

  @Test
  void damagedDatabase_leavesReadersWaiting() throws Exception {
    var file = bed.root().resolve("snapshots.db");
    byte[] sound = Files.readAllBytes(file);
    Files.write(file, new byte[sound.length]);
    requireFailure("snapshots.db");
    Files.write(file, sound);
    nextDaemonServesThem();
  }

  @Test
  void statusSocketThatCannotBeBound_leavesReadersWaiting() throws Exception {
    var place = Files.createDirectory(bed.state().resolve("status.sock"));
    var obstacle = Files.createFile(place.resolve("obstacle"));
    requireFailure("status.sock");
    Files.delete(obstacle);
    Files.delete(place);
    nextDaemonServesThem();
  }

  @Test
  void processThatEndsByAnySignalButInt_leavesReadersWaiting() throws Exception {
    for (var signal : List.of("TERM", "HUP", "KILL")) {
      var _ = bed.serve().end(signal);
      bed.requireReadersWait();
    }
    nextDaemonServesThem();
  }

  private void requireFailure(String reason, String... settings) throws Exception {
    var daemon = bed.start(List.of("-", "-"), List.of(), Map.of(), settings);
    assertThat(daemon.awaitEnd()).isEqualTo(1);
    assertThat(daemon.log()).contains(reason);
    bed.requireReadersWait();
  }
}
