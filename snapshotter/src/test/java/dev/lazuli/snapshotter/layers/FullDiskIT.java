package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.snapshotter.bulk.BulkOptions;
import dev.lazuli.snapshotter.proof.ProofOptions;
import dev.lazuli.snapshotter.status.FetchState;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.ProofState;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A full disk costs the reads that need it an I/O error, and nothing once it has room again. */
@Timeout(120)
final class FullDiskIT {
  private static final long ROOM = 40 << 20;
  private static final int SMALL = 200_000;
  private static final int LARGE = 12 << 20;

  /** Three seconds: what is fetched at each tick would have come over and over. */
  private static final int TICKS = 30;

  @TempDir Path directory;

  /**
   * Mounts an empty disk of 48 MiB; an XFS, which cannot be so small, with as much room.
   *
   * @param makeFileSystem the command that formats a file
   */
  private Path disk(String makeFileSystem) throws IOException, InterruptedException {
    var image = directory.resolve("image");
    boolean small = !makeFileSystem.startsWith("mkfs.xfs");
    NodeRig.run("truncate", small ? "--size=48M" : "--size=320M", image.toString());
    NodeRig.run("sh", "-c", makeFileSystem + " " + image);
    var disk = Files.createDirectory(directory.resolve("disk"));
    NodeRig.run("mount", "-o", "loop", image.toString(), disk.toString());
    if (!small) {
      long ballast = disk.toFile().getUsableSpace() - ROOM;
      NodeRig.run(
          "fallocate", "--length", Long.toString(ballast), disk.resolve("ballast").toString());
    }
    return disk;
  }

  @AfterEach
  void freeDisk() throws Exception {
    if (Files.exists(directory.resolve("disk"))) {
      NodeRig.run("umount", "-l", directory.resolve("disk").toString());
    }
  }

  /** Takes all the room that is left. */
  private static Path fill(Path disk) throws IOException {
    var filler = disk.resolve("filler");
    try (var out = Files.newOutputStream(filler)) {
      byte[] page = new byte[4096];
      while (true) {
        out.write(page);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left");
    }
    return filler;
  }

  private static byte[] bytes(GeneratedContent content) throws IOException {
    try (var in = content.open()) {
      return in.readAllBytes();
    }
  }

  private static boolean reads(Path file, byte[] expected) throws IOException {
    return Arrays.equals(Files.readAllBytes(file), expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mkfs.ext4 -q -F", "mkfs.btrfs -q --mixed", "mkfs.xfs -q -f"})
  void missIsAnErrorThatSaysWhy_whatIsThereStaysReadable_andRoomHealsAll(String makeFileSystem)
      throws Exception {
    var small = new GeneratedContent(SMALL, 1, GeneratedContent.NOISE);
    var large = new GeneratedContent(LARGE, 2, GeneratedContent.NOISE);
    var tree = new ImageTree().file("small", small).file("large", large);
    var disk = disk(makeFileSystem);
    try (var rig = new NodeRig(directory, disk.resolve("root"), tree, 0, false);
        var mounted = rig.mount()) {
      var lower = mounted.lowerDir();
      assertThat(reads(lower.resolve("small"), bytes(small))).isTrue();
      var filler = fill(disk);

      assertThatThrownBy(() -> Files.readAllBytes(lower.resolve("large")))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("Input/output error");

      assertThat(rig.log())
          .anySatisfy(
              line -> assertThat(line).contains(rig.layer.digest()).contains("No space left"));
      NodeRig.dropPages(lower.resolve("small"));
      Files.delete(filler);
      assertThat(reads(lower.resolve("small"), bytes(small))).isTrue();
      assertThat(reads(lower.resolve("large"), bytes(large))).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mkfs.ext4 -q -F", "mkfs.btrfs -q --mixed", "mkfs.xfs -q -f"})
  void layerOnAFullDisk_cannotBeMounted_andLeavesNothing(String makeFileSystem) throws Exception {
    var tree = new ImageTree();
    for (int i = 0; i < 3000; i++) {
      tree.file("file" + i, "content " + i);
    }
    var disk = disk(makeFileSystem);
    try (var rig = new NodeRig(directory, disk.resolve("root"), tree, 0, false)) {
      var filler = fill(disk);
      assertThatThrownBy(rig::mount)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("No space left");
      assertThat(disk.resolve("root/tmp")).isEmptyDirectory();

      Files.delete(filler);
      try (var mounted = rig.mount()) {
        assertThat(Files.readString(mounted.lowerDir().resolve("file7"))).isEqualTo("content 7");
      }
    }
  }

  private NodeRig pulling(Path disk, GeneratedContent large) throws IOException {
    return new NodeRig(
        directory,
        disk.resolve("root"),
        new ImageTree().file("large", large),
        0,
        LayersOptions.DEFAULT
            .withBackgroundFetch(false)
            .withBulk(BulkOptions.DEFAULT.withEnabled(true)));
  }

  /** Leaves room for half of the large file. */
  private static Path fillButHalf(Path disk) throws IOException {
    var filler = fill(disk);
    try (var room = FileChannel.open(filler, StandardOpenOption.WRITE)) {
      var _ = room.truncate(room.size() - LARGE / 2);
    }
    return filler;
  }

  @Test
  void layerPulledWhole_whoseBlobTheDiskDoesNotHold_isNotDownloaded() throws Exception {
    var disk = disk("mkfs.ext4 -q -F");
    try (var rig = pulling(disk, new GeneratedContent(LARGE, 5, GeneratedContent.NOISE))) {
      fillButHalf(disk);
      var request = TestRequests.of(rig.reference(), rig.layer);

      assertThatThrownBy(() -> rig.service.layers().pull(request, true))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("are free");

      assertThat(rig.sentBytes()).isLessThan(1 << 20);
    }
  }

  @Test
  void layerPulledWhole_thatTheDiskDoesNotHold_leavesNothing_andComesOnceThereIsRoom()
      throws Exception {
    var large = new GeneratedContent(LARGE, 5, 16); // The blob would fit.
    var disk = disk("mkfs.ext4 -q -F");
    try (var rig = pulling(disk, large)) {
      var filler = fillButHalf(disk);
      var request = TestRequests.of(rig.reference(), rig.layer);
      assertThatThrownBy(() -> rig.service.layers().pull(request, true))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("No space left");
      assertThat(disk.resolve("root/tmp")).isEmptyDirectory();

      Files.delete(filler);
      try (var pulled = rig.service.layers().pull(request, true)) {
        assertThat(pulled.complete()).isTrue();
        assertThat(reads(pulled.lowerDir().resolve("large"), bytes(large))).isTrue();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mkfs.ext4 -q -F", "mkfs.btrfs -q --mixed", "mkfs.xfs -q -f"})
  void backgroundFetchThatFindsNoRoom_goesOnWhenThereIs(String makeFileSystem) throws Exception {
    var tree = new ImageTree().file("large", new GeneratedContent(LARGE, 3, 1));
    var disk = disk(makeFileSystem);
    // A proof is tried again after ten seconds: that is waited for with one file system only.
    boolean proofFirst = makeFileSystem.contains("ext4");
    var options = LayersOptions.DEFAULT.withProof(new ProofOptions(true, List.of(), proofFirst, 2));
    try (var rig = new NodeRig(directory, disk.resolve("root"), tree, 0, options)) {
      try (var mounted = rig.mount()) {
        var filler = fill(disk);
        var layers = rig.service.layers();
        // ext4 may have a block left for the proof's record, though none for content.
        Eventually.until(
            () ->
                layers.status().getFirst().proofReason().isPresent()
                    || layers.status().getFirst().proof() == ProofState.PROVED);
        assertThat(layers.status().getFirst().proofReason().orElse("No space left"))
            .contains("No space left");
        Eventually.until(() -> layers.status().getFirst().fetch() == FetchState.WAITING);

        Files.delete(filler);
        Eventually.until(() -> !mounted.lowerDir().toString().endsWith(".lazy"));
        assertThat(
                reads(
                    mounted.lowerDir().resolve("large"), bytes(new GeneratedContent(LARGE, 3, 1))))
            .isTrue();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mkfs.ext4 -q -F", "mkfs.btrfs -q --mixed"})
  void layerLargerThanTheDisk_isReadOnceForItsProof_andNotFetchedOverAndOver(String makeFileSystem)
      throws Exception {
    var tree = new ImageTree();
    for (int i = 0; i < 6; i++) {
      tree.file("large" + i, new GeneratedContent(LARGE, i, GeneratedContent.NOISE));
    }
    var disk = disk(makeFileSystem);
    try (var rig = new NodeRig(directory, disk.resolve("root"), tree, 0, true);
        var mounted = rig.mount()) {
      var layers = rig.service.layers();
      Eventually.until(() -> proofEnded(layers.status().getFirst()));
      Eventually.until(() -> layers.status().getFirst().fetch() == FetchState.WAITING);
      rig.awaitTicks(TICKS);

      long size = layers.status().getFirst().blobBytes();
      assertThat(rig.sentBytes()).isLessThan(size + size / 2);
      assertThat(disk.toFile().getUsableSpace()).isPositive();
      // Btrfs gives the blocks of evicted chunks back with its next transaction, after the
      // deadline.
      if (makeFileSystem.contains("ext4")) {
        for (int i = 0; i < 6; i++) {
          var content = bytes(new GeneratedContent(LARGE, i, GeneratedContent.NOISE));
          assertThat(reads(mounted.lowerDir().resolve("large" + i), content)).isTrue();
        }
      }
      rig.awaitTicks(TICKS);
      assertThat(rig.sentBytes()).isLessThan(3 * size);
    }
  }

  /**
   * Returns whether the blob was read to its end; a full disk may keep that from being recorded.
   */
  private static boolean proofEnded(LayerStatus layer) {
    return layer.proof() == ProofState.PROVED || layer.proofReason().isPresent();
  }
}
