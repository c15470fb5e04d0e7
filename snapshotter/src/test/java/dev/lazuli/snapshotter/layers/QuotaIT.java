package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.snapshotter.proof.ProofOptions;
import dev.lazuli.snapshotter.status.FetchState;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.ProofState;
import dev.lazuli.testimages.waiting.Eventually;
import dev.lazuli.testimages.waiting.LiveDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A layer larger than the quota, in use: what was read longest ago goes and comes back right. */
@Timeout(180)
final class QuotaIT {
  private static final int FILES = 12;
  private static final int SIZE = 1_000_000;
  private static final long QUOTA = 5_000_000;

  /** The kernel reads ahead by 128 KiB at most: read_ahead_kb of a FUSE mount's backing device. */
  private static final long READS_OF_A_FILE = (SIZE + (128 << 10) - 1) / (128 << 10);

  /** What is fetched at each tick, a file at least, would be most of the layer in so many. */
  private static final int TICKS = 10;

  @TempDir Path directory;

  private static ImageTree tree() {
    var tree = new ImageTree();
    for (int i = 0; i < FILES; i++) {
      tree.file("file" + i, content(i));
    }
    return tree;
  }

  private static GeneratedContent content(int file) {
    return new GeneratedContent(SIZE, file + 1, GeneratedContent.NOISE);
  }

  private static boolean isRight(Path lower, int i) throws IOException, InterruptedException {
    var file = lower.resolve("file" + i);
    NodeRig.dropPages(file);
    try (var expected = content(i).open()) {
      return Arrays.equals(Files.readAllBytes(file), expected.readAllBytes());
    }
  }

  @Test
  void readsGoOnRight_withinTheQuota_fetchingAgainWhatWentAway() throws Exception {
    try (var rig = new NodeRig(directory, directory.resolve("root"), tree(), QUOTA, false);
        var mounted = rig.mount()) {
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < FILES; i++) {
          assertThat(isRight(mounted.lowerDir(), i)).as("file %d", i).isTrue();
        }
      }

      Eventually.until(() -> rig.service.diskBytes() <= QUOTA);
      assertThat(LiveDirectory.diskBytes(directory.resolve("root/layers")))
          .isLessThan(QUOTA + 200_000);
      assertThat(rig.sentBytes()).isGreaterThan(2L * FILES * SIZE);
      assertThat(rig.log()).noneMatch(line -> line.contains("failed"));
    }
    assertThat(LiveDirectory.diskBytes(directory.resolve("root/layers"))).isLessThan(100_000);
  }

  @Test
  void readersAtOnce_beyondTheQuota_areAllRight() throws Exception {
    try (var rig = new NodeRig(directory, directory.resolve("root"), tree(), QUOTA / 3, false);
        var mounted = rig.mount();
        var threads = java.util.concurrent.Executors.newFixedThreadPool(4)) {
      var readers = new java.util.ArrayList<Callable<Boolean>>();
      for (int i = 0; i < 3 * FILES; i++) {
        int file = i % FILES;
        readers.add(() -> isRight(mounted.lowerDir(), file));
      }
      for (var reader : threads.invokeAll(readers)) {
        assertThat(reader.get()).isTrue();
      }
      assertThat(rig.log()).noneMatch(line -> line.contains("failed"));
      Eventually.until(() -> rig.service.diskBytes() <= QUOTA / 3);
    }
  }

  @Test
  void backgroundFetch_stopsBeforeItEvicts() throws Exception {
    // A proof reads the blob to its end whether there is room or not.
    var options = LayersOptions.DEFAULT.withBackgroundFetch(true).withProof(ProofOptions.OFF);
    try (var rig = new NodeRig(directory, directory.resolve("root"), tree(), QUOTA, options);
        var mounted = rig.mount()) {
      assertThat(isRight(mounted.lowerDir(), FILES - 1)).isTrue();
      Eventually.until(() -> rig.service.diskBytes() > QUOTA * 6 / 10);
      Eventually.until(() -> status(rig).fetch() == FetchState.WAITING);
      rig.awaitTicks(TICKS);

      assertThat(rig.service.diskBytes()).isBetween(QUOTA * 6 / 10, QUOTA);
      long sent = rig.sentBytes();
      assertThat(sent).isLessThan(QUOTA + SIZE);
      assertThat(isRight(mounted.lowerDir(), FILES - 1)).isTrue();
      assertThat(rig.sentBytes()).isEqualTo(sent);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {QUOTA, QUOTA / 3, 100_000})
  void layerThatDoesNotFit_isReadOnceForItsProof_andNotFetchedOverAndOver(long quota)
      throws Exception {
    try (var rig = new NodeRig(directory, directory.resolve("root"), tree(), quota, NodeRig.SOON);
        var mounted = rig.mount()) {
      Eventually.until(() -> status(rig).proof() == ProofState.PROVED);
      Eventually.until(() -> status(rig).fetch() == FetchState.WAITING);
      rig.awaitTicks(TICKS);

      long size = status(rig).blobBytes();
      assertThat(rig.sentBytes()).isLessThan(size + size / 2);
      long sent = rig.sentBytes();
      for (int i = 0; i < FILES; i++) {
        assertThat(isRight(mounted.lowerDir(), i)).as("file %d", i).isTrue();
      }
      rig.awaitTicks(TICKS);
      // Where there is room for a chunk or none, one may be gone before the kernel's next read of
      // it, which then fetches it again.
      long readAgain = quota < QUOTA ? (READS_OF_A_FILE + 1) * size : size + size / 2;
      assertThat(rig.sentBytes()).isLessThan(sent + readAgain);
      long settled = rig.sentBytes();
      rig.awaitTicks(TICKS);
      assertThat(rig.sentBytes()).isEqualTo(settled);
      assertThat(rig.log()).noneMatch(line -> line.contains("failed"));
    }
  }

  private static LayerStatus status(NodeRig rig) {
    return rig.service.layers().status().getFirst();
  }
}
