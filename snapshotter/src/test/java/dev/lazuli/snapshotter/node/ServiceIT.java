package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.testimages.waiting.Eventually;
import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A daemon and what is around it: a service manager, odd places, another language. */
@Timeout(value = 100, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ServiceIT {
  @TempDir Path directory;

  private NodeBed bed;

  @BeforeEach
  void open() throws Exception {
    bed = new NodeBed(directory);
  }

  @AfterEach
  void close() throws Exception {
    bed.close();
    MountTable.unmountBelow(directory);
  }

  @Test
  void serviceManager_isAskedForTime_andToldThatAllIsWell() throws Exception {
    try (var manager = new NotifySocket(directory)) {
      var environment =
          Map.of("NOTIFY_SOCKET", manager.path().toString(), "WATCHDOG_USEC", "2000000");
      var daemon = bed.start(List.of("-", "-"), List.of(), environment);
      daemon.awaitServing(bed.socket());
      var _ = bed.mount();
      manager.await(lines -> Collections.frequency(lines, "WATCHDOG=1") >= 3);
      assertThat(daemon.end("INT")).isZero();
      manager.await(lines -> lines.contains("STOPPING=1"));

      var said = manager.received();
      assertThat(said.getFirst()).startsWith("EXTEND_TIMEOUT_USEC=");
      assertThat(said.indexOf("READY=1")).isLessThan(said.indexOf("WATCHDOG=1"));
    }
  }

  @Test
  void fuseMountThatSomebodyTookAway_endsTheWatchdogsPeace() throws Exception {
    try (var manager = new NotifySocket(directory)) {
      var environment =
          Map.of("NOTIFY_SOCKET", manager.path().toString(), "WATCHDOG_USEC", "2000000");
      var daemon = bed.start(List.of("-", "-"), List.of(), environment);
      daemon.awaitServing(bed.socket());
      manager.await(lines -> lines.contains("WATCHDOG=1"));

      Command.of("umount", bed.state().resolve("fs/trees").toString()).check();

      Eventually.until(() -> daemon.log().contains("a FUSE mount is no longer served"));
    }
  }

  @Test
  void oddMountsAndNoLanguage_harmNothing() throws Exception {
    var odd =
        """
        for name in 'Gesch\\344ft' 'half\\303' 'back\\134slash'; do
          place="$0/odd-$(printf "$name")"
          mkdir -p "$place" && mount -t tmpfs none "$place" || exit 9
        done
        exec "$@"
        """;
    // The mounts stay in a namespace of their own, with the daemons.
    var prefix =
        List.of("env", "LC_ALL=C", "unshare", "--mount", "/bin/sh", "-c", odd, directory + "");
    var first = bed.start(List.of("-", "-"), prefix, Map.of()).awaitServing(bed.socket());
    assertThat(bed.prepare()).isEqualTo(Status.Code.ALREADY_EXISTS);
    assertThat(first.end("INT")).isZero();
    assertThat(first.log()).doesNotContain("ERROR", "Exception");
  }

  @Test
  void secondDaemonOnTheSameRoot_saysSo() throws Exception {
    var first = bed.serve();

    var second =
        bed.start(
            List.of("-", "-"),
            List.of(),
            Map.of(),
            "state=" + directory.resolve("run2"),
            "address=" + directory.resolve("s2"));

    assertThat(second.awaitEnd()).isEqualTo(1);
    assertThat(second.log()).contains("another daemon uses this root: " + bed.root());
    assertThat(bed.prepare()).isEqualTo(Status.Code.ALREADY_EXISTS);
    assertThat(first.end("INT")).isZero();
    assertThat(bed.mounts()).isEmpty();
  }

  @Test
  void readOnlyRoot_isSaid_andMemoryIsWarnedOf() throws Exception {
    var disk = Files.createDirectory(bed.disk());
    Command.of("mount", "-t", "tmpfs", "none", disk.toString()).check();
    var root = Files.createDirectory(disk.resolve("root"));
    var daemon = bed.start(List.of("-", "-"), List.of(), Map.of(), "root=" + root);
    daemon.awaitServing(bed.socket());
    assertThat(daemon.log()).contains(root + " is in memory (tmpfs)");
    assertThat(daemon.end("INT")).isZero();

    Command.of("mount", "-o", "remount,ro", disk.toString()).check();

    var next = bed.start(List.of("-", "-"), List.of(), Map.of(), "root=" + root);
    assertThat(next.awaitEnd()).isEqualTo(1);
    assertThat(next.log()).contains("the root directory is on a read-only file system: " + root);
  }
}
