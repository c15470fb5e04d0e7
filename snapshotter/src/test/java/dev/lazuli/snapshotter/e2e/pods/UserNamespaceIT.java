package dev.lazuli.snapshotter.e2e.pods;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Containers with a user namespace start as lazily as others: nothing is copied for them. */
final class UserNamespaceIT {
  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static final int LATE_BYTES = 8 << 20;

  private static String image;

  private @Nullable Node started;

  @BeforeAll
  static void push() throws IOException {
    // A container's first process finds its root as a user of the host who owns nothing.
    for (var way : List.of("", "c", "c/state")) {
      Files.setPosixFilePermissions(
          BED.directory().resolve(way), PosixFilePermissions.fromString("rwx--x--x"));
    }
    var programs = new HostFiles();
    for (var program : List.of("/bin/sh", "/bin/cat", "/usr/bin/stat", "/bin/sleep")) {
      programs.program(Path.of(program));
    }
    var layout = OciLayout.at(BED.directory().resolve("layout"));
    var _ =
        new ImageBuilder(layout)
            .encoding(LayerEncoding.ESTARGZ)
            .layer(programs.tree())
            .encoding(LayerEncoding.ZSTD_CHUNKED)
            .layer(
                new ImageTree()
                    .directory("home/user")
                    .owner(1000, 1001)
                    .file("home/user/mine", "private\n")
                    .owner(1000, 1001)
                    .mode(0600)
                    .file("late", new GeneratedContent(LATE_BYTES, 7, GeneratedContent.NOISE)))
            .layer(new ImageTree().whiteout("home/user/gone"))
            .build("1");
    image = BED.registry().push(layout, "1", "userns:1");
  }

  @AfterEach
  void endDaemon() throws IOException {
    if (started != null) {
      started.daemon().close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "erofs-loop", "fuse-tree"})
  void container_seesItsOwnIds_writesAndFetchesOnlyWhatItReads(String way) throws IOException {
    var node = Node.start(BED, "mount.way=" + way, "fetch.background=false");
    started = node;
    node.rpull(image).check();
    var before = snapshots(node);

    var said =
        container("own-ids", 200_000)
            .with(
                "/bin/sh",
                "-c",
                "stat -c %u:%g / /bin/sh /home/user /home/user/mine; cat /home/user/mine;"
                    + " echo new > /home/user/other && stat -c %u:%g /home/user/other;"
                    + " cat /proc/self/uid_map")
            .check()
            .output();

    assertThat(said.lines().map(line -> line.strip().replaceAll(" +", " ")))
        .containsExactly(
            "0:0", "0:0", "1000:1001", "1000:1001", "private", "0:0", "0 200000 65536");
    assertThat(node.bytesOnDisk()).isLessThan(LATE_BYTES);
    assertThat(snapshots(node)).as("no copy of the image").isEqualTo(before);

    node.removeImage(image);
    node.awaitNothingLeft();
    assertThat(mapped(node)).isEmpty();
  }

  @Test
  void mounts_outliveTheDaemon_andGoWithTheirContainer() throws Exception {
    var node = Node.startKept(BED, "fetch.background=false");
    started = node;
    node.rpull(image).check();
    BED.containerd()
        .ctr("run", "--detach", "--snapshotter", "lazuli")
        .with(mapping(300_000))
        .with(image, "own-ids-long", "/bin/sleep", "600")
        .within(Node.LONG)
        .check();
    var mounted = mapped(node);
    assertThat(mounted).isNotEmpty();

    node.daemon().kill();
    node.startDaemon("fetch.background=false");

    assertThat(mapped(node)).isEqualTo(mounted);
    assertThat(
            node.ctr(
                "task", "exec", "--exec-id", "e", "own-ids-long", "/bin/cat", "/home/user/mine"))
        .isEqualTo("private\n");
    node.ctr("task", "kill", "--signal", "SIGKILL", "own-ids-long");
    node.await("the task has ended", () -> node.ctr("task", "ls").contains("STOPPED"));
    node.ctr("task", "delete", "own-ids-long");
    node.ctr("container", "delete", "own-ids-long");
    node.removeImage(image);
    node.awaitNothingLeft();
    assertThat(mapped(node)).isEmpty();
  }

  private static Command container(String id, int firstId) {
    return BED.containerd()
        .ctr("run", "--rm", "--snapshotter", "lazuli")
        .with(mapping(firstId))
        .with(image, id)
        .within(Node.LONG);
  }

  private static String[] mapping(int firstId) {
    var ids = "0:" + firstId + ":65536";
    return new String[] {"--uidmap", ids, "--gidmap", ids, "--remap-labels"};
  }

  private static String snapshots(Node node) throws IOException {
    return node.ctr("snapshot", "--snapshotter", "lazuli", "ls");
  }

  private static List<Path> mapped(Node node) throws IOException {
    return MountTable.below(node.daemon().root().resolve("mapped"));
  }
}
