package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.proof.ProofOptions;
import dev.lazuli.testimages.images.GeneratedContent;
import dev.lazuli.testimages.images.ImageTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A layer larger than the quota, in use: what was read longest ago goes and comes back right. */
@Timeout(180)
final class QuotaIT {
  private static final int FILES = 12;
  private static final int SIZE = 1_000_000;
  private static final long QUOTA = 5_000_000;

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

      eventually(() -> rig.service.diskBytes() <= QUOTA);
      assertThat(du(directory.resolve("root/layers"))).isLessThan(QUOTA + 200_000);
      assertThat(rig.registry.counters().blob(rig.layer.digest()).bodyBytes())
          .isGreaterThan(2L * FILES * SIZE);
    }
    assertThat(du(directory.resolve("root/layers"))).isLessThan(100_000);
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
      assertThat(rig.log()).noneMatch(line -> line.contains("EIO"));
    }
  }

  @Test
  void backgroundFetch_stopsBeforeItEvicts() throws Exception {
    // A proof reads the blob to its end whether there is room or not.
    var options = LayersOptions.DEFAULT.withBackgroundFetch(true).withProof(ProofOptions.OFF);
    try (var rig = new NodeRig(directory, directory.resolve("root"), tree(), QUOTA, options);
        var mounted = rig.mount()) {
      assertThat(isRight(mounted.lowerDir(), FILES - 1)).isTrue();
      eventually(() -> rig.service.diskBytes() > QUOTA * 8 / 10);
      long before = 0;
      long now = rig.registry.counters().bodyBytes();
      while (now != before) {
        Thread.sleep(1000);
        before = now;
        now = rig.registry.counters().bodyBytes();
      }

      assertThat(rig.service.diskBytes()).isLessThan(QUOTA);
      long sent = rig.registry.counters().bodyBytes();
      assertThat(isRight(mounted.lowerDir(), FILES - 1)).isTrue();
      assertThat(rig.registry.counters().bodyBytes()).isEqualTo(sent);
    }
  }

  private static long du(Path path) throws IOException {
    var process = new ProcessBuilder("du", "-s", "--block-size=1", path.toString()).start();
    var line = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return Long.parseLong(line.substring(0, line.indexOf('\t')));
  }

  private static void eventually(java.util.function.BooleanSupplier condition)
      throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean() && System.nanoTime() < end) {
      Thread.sleep(20);
    }
    assertThat(condition.getAsBoolean()).isTrue();
  }
}
