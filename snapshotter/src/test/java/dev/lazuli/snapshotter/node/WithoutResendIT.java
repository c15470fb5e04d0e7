package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Daemons one after the other below Linux 6.9, where what one of them took from the kernel no other
 * can answer.
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class WithoutResendIT {
  private static final int ROUNDS = 3;

  @TempDir Path directory;

  private NodeBed bed;

  @BeforeEach
  void open() throws IOException {
    bed = new NodeBed(directory);
    bed.withoutResend();
  }

  @AfterEach
  void close() throws IOException {
    bed.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "fuse-tree"})
  void stoppedDaemon_answersWhatItTook_andLeavesTheRestToTheNext(String way) throws Exception {
    var daemon = bed.serve("mount.way=" + way);
    var view = bed.mountView();
    for (int i = 0; i < ROUNDS; i++) {
      stallReader(view);
      daemon.send("TERM");
      awaitStopping();
      bed.healRegistry();
      assertThat(daemon.awaitEnd()).isZero();
      var _ = bed.read(view);
      daemon = bed.serve("mount.way=" + way);
      bed.requireRightBytes();
      bed.removeView();
      view = bed.mountView();
    }

    assertThat(daemon.log()).contains("cannot resend FUSE requests");
    bed.endAndRequireNothingLeft();
  }

  @Test
  void killedDaemon_failsWhatItTook_andTheNextServesTheRest() throws Exception {
    var daemon = bed.serve("mount.way=fuse-tree");
    var view = bed.mountView();
    for (int i = 0; i < ROUNDS; i++) {
      stallReader(view);
      var _ = daemon.end("KILL");
      bed.healRegistry();
      daemon = bed.serve("mount.way=fuse-tree");
      bed.requireNoWrongByte();
      bed.forgetReaders();
      var _ = bed.read(view);
      bed.requireRightBytes();
      bed.forgetReaders();
      bed.removeView();
      view = bed.mountView();
    }
    bed.endAndRequireNothingLeft();
  }

  /** Has a reader wait for an answer of the registry's. */
  private void stallReader(Path view) throws IOException {
    long before = bed.registry.faults().injected();
    bed.stallRegistry();
    var _ = bed.read(view);
    Eventually.until(() -> bed.registry.faults().injected() > before);
  }

  /** A daemon that stops takes no more calls before it leaves its session. */
  private void awaitStopping() {
    Eventually.until(() -> !NodeProcess.listens(bed.socket()));
  }
}
