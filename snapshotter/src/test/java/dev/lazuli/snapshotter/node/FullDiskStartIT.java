package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.snapshotter.status.PruneReport;
import dev.lazuli.snapshotter.status.Query;
import dev.lazuli.snapshotter.status.StatusClient;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A daemon starts on a full disk: what is stored is served, and images can be removed, which is how
 * room is made.
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class FullDiskStartIT {
  @TempDir Path directory;

  private Path disk;
  private NodeBed bed;

  @BeforeEach
  void makeDisk() throws IOException {
    assumeTrue(Files.exists(Path.of("/dev/loop-control")), "needs loop devices");
    disk = Files.createDirectory(directory.resolve("disk"));
    var image = directory.resolve("image").toString();
    Command.of("truncate", "--size=32M", image).check();
    Command.of("/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-m", "0", "-N", "1024", image)
        .check();
    Command.of("mount", "-o", "loop", image, disk.toString()).check();
    bed = new NodeBed(directory, disk.resolve("root"));
  }

  @AfterEach
  void close() throws IOException {
    bed.close();
    MountTable.unmountBelow(directory);
  }

  /** Takes what is left. */
  enum Filler {
    BLOCKS {
      @Override
      void fill(Path place) throws IOException {
        // Then the file's own blocks are all in use, down to the last one that a directory needs.
        shell(
            place,
            "cat /dev/zero > large; i=0; while echo x > b$i; do i=$((i+1)); done; sync -f .");
      }
    },
    INODES {
      @Override
      void fill(Path place) throws IOException {
        shell(place, "i=0; while printf '' > i$i; do i=$((i+1)); done; sync -f .");
      }
    };

    abstract void fill(Path place) throws IOException;

    private static void shell(Path place, String script) throws IOException {
      var _ = Command.of("/bin/sh", "-c", script + "; true").in(place).check();
    }
  }

  @ParameterizedTest
  @CsvSource({"BLOCKS,TERM", "BLOCKS,KILL", "INODES,TERM", "INODES,KILL"})
  void daemonOnAFullDisk_servesAndLetsRoomBeMade(Filler filler, String signal) throws Exception {
    var daemon = bed.serve();
    var mount = bed.mount();
    bed.read(mount).waitFor();
    bed.requireRightBytes();
    var junk = Files.createDirectory(disk.resolve("junk"));
    filler.fill(junk);
    assertThat(daemon.end(signal)).isNotEqualTo(1);
    if (signal.equals("KILL")) {
      // As a version left it that did not write down what the kernel can do.
      Files.delete(disk.resolve("root/mount-support"));
    }

    daemon = bed.serve();

    assertThat(daemon.log()).doesNotContain("mounted lazily:", "not taken over");
    bed.read(bed.mounted()).waitFor();
    bed.requireRightBytes();
    assertThat(bed.removeLayer()).isEqualTo(Status.Code.OK);
    var _ =
        new StatusClient(bed.state().resolve("status.sock"))
            .ask("POST", "/prune", new Query(Map.of()), PruneReport.class);
    assertThat(bed.layerFiles()).isEmpty();
    Command.of("rm", "-r", junk.toString()).check();
    bed.read(bed.mount()).waitFor();
    bed.requireRightBytes();
    assertThat(bed.removeLayer()).isEqualTo(Status.Code.OK);
    bed.endAndRequireNothingLeft();
  }
}
