package dev.lazuli.snapshotter.e2e.outages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A root directory on a file system that overlayfs does not work on. */
final class UnsuitableDiskIT {
  private static final Duration LONG = Duration.ofMinutes(2);

  @TempDir Path directory;
  private Path disk;

  @BeforeEach
  void mountDisk() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root to mount");
    assumeTrue(Files.exists(Path.of("/dev/loop-control")), "needs loop devices");
    disk = Files.createDirectory(directory.resolve("disk"));
    var image = directory.resolve("image");
    Command.of("truncate", "--size=16M", image.toString()).check();
    Command.of("/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-O", "^filetype", image.toString())
        .check();
    Command.of("mount", "-o", "loop", image.toString(), disk.toString()).check();
  }

  @AfterEach
  void unmount() throws IOException {
    MountTable.unmountBelow(directory);
  }

  @Test
  void entriesWithoutTypes_areNoticedAtTheStart() throws IOException {
    var root = disk.resolve("root");

    var daemon =
        DaemonProcess.lazuli(
                "daemon",
                "--root=" + root,
                "--state=" + directory.resolve("run"),
                "--address=" + directory.resolve("s"),
                "--set=mount.keeper=false")
            .within(LONG)
            .run();

    assertThat(daemon.exitStatus()).isNotZero();
    assertThat(daemon.errors())
        .contains(root.resolve("snapshots") + " is on a file system (ext", "d_type", "ftype=1");
    assertThat(root.resolve("snapshots")).isEmptyDirectory();
    assertThat(MountTable.below(directory)).containsExactly(disk);
  }
}
