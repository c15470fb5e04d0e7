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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A daemon that cannot start costs the containers of the last one nothing: their readers wait, the
 * same ones through all failures, and the next daemon answers them.
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@TestMethodOrder(OrderAnnotation.class)
final class FailedStartIT {
  private static final List<NodeState> START =
      List.of(
          NodeState.CHECKED,
          NodeState.OPENED,
          NodeState.BOUND,
          NodeState.ADOPTED,
          NodeState.TAKEN_OVER,
          NodeState.READY);

  @TempDir private static Path directory;

  private static NodeBed bed;

  @BeforeAll
  static void waitWithAReader() throws Exception {
    bed = new NodeBed(directory);
    var daemon = bed.serve();
    var mount = bed.mount();
    bed.stallRegistry();
    var _ = bed.read(mount);
    Eventually.until(() -> bed.registry.faults().injected() > 0);
    assertThat(daemon.end("TERM")).isZero();
    var _ = bed.read(mount);
    bed.requireReadersWait();
  }

  @AfterAll
  static void close() throws IOException {
    if (bed != null) {
      bed.close();
    }
  }

  @Test
  @Order(Integer.MAX_VALUE)
  void nextDaemon_servesThem() throws Exception {
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
  }

  @Test
  void metricsPortInUse_leavesReadersWaiting() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      requireFailure("cannot serve metrics", "metrics.address=127.0.0.1:" + taken.getLocalPort());
    }
  }

  @Test
  void lockedDatabase_leavesReadersWaiting() throws Exception {
    try (var file = FileChannel.open(bed.root().resolve("snapshots.db"), StandardOpenOption.WRITE);
        var _ = file.lock()) {
      requireFailure("snapshots.db");
    }
  }

  @Test
  void damagedDatabase_leavesReadersWaiting() throws Exception {
    var file = bed.root().resolve("snapshots.db");
    byte[] sound = Files.readAllBytes(file);
    Files.write(file, new byte[sound.length]);
    try {
      requireFailure("snapshots.db");
    } finally {
      Files.write(file, sound);
    }
  }

  @Test
  void statusSocketThatCannotBeBound_leavesReadersWaiting() throws Exception {
    var place = Files.createDirectory(bed.state().resolve("status.sock"));
    var obstacle = Files.createFile(place.resolve("obstacle"));
    try {
      requireFailure("status.sock");
    } finally {
      Files.delete(obstacle);
      Files.delete(place);
    }
  }

  @Test
  void processThatEndsByAnySignalButInt_leavesReadersWaiting() throws Exception {
    for (var signal : List.of("TERM", "HUP", "KILL")) {
      var _ = bed.serve().end(signal);
      bed.requireReadersWait();
    }
  }

  private void requireFailure(String reason, String... settings) throws Exception {
    var before = bed.log();
    var daemon = bed.start(List.of("-", "-"), List.of(), Map.of(), settings);
    assertThat(daemon.awaitEnd()).isEqualTo(1);
    assertThat(daemon.log().substring(before.length())).contains(reason);
    bed.requireReadersWait();
  }
}
