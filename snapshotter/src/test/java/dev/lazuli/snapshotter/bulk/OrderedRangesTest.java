package dev.lazuli.snapshotter.bulk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.testimages.waiting.Eventually;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OrderedRangesTest {
  private static final int MIB = 1 << 20;

  private static byte[] noise(int size) {
    var bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private static byte[] readAll(OrderedRanges ranges) throws IOException {
    var all = new ByteArrayOutputStream();
    for (ByteBuffer piece; (piece = ranges.next()) != null; ) {
      var bytes = new byte[piece.remaining()];
      piece.get(bytes);
      all.writeBytes(bytes);
    }
    return all.toByteArray();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 6, 8",
    "1, 6, 8",
    "1048576, 6, 8",
    "1048577, 6, 8",
    "9500000, 6, 8",
    "9500000, 1, 8",
    "9500000, 6, 0",
    "9500000, 3, 1",
    "20000000, 16, 2"
  })
  void blob_comesInOrder_withinItsRangesAndTheBudget(int size, int most, int blocks)
      throws IOException {
    var blob = new RangedBlob(noise(size));
    var budget = new BlockBudget((long) blocks * MIB);
    try (var ranges = new OrderedRanges(blob, size, budget, most)) {
      assertThat(readAll(ranges)).isEqualTo(blob.bytes);
      assertThat(ranges.next()).isNull();
    }
    assertThat(blob.mostOpen.get()).isLessThanOrEqualTo(Math.min(most, 1 + blocks));
    Eventually.asserted(() -> assertThat(blob.open.get()).isZero());
    Eventually.asserted(() -> assertThat(budget.taken()).isZero());
    budget.rest();
  }

  @Test
  void laterRanges_areReadWhileTheFirstIsHeld_asFarAsThereAreBlocks() throws Exception {
    var blob = new RangedBlob(noise(20 * MIB));
    blob.heldFrom = 0;
    var budget = new BlockBudget(4L * MIB);
    try (var ranges = new OrderedRanges(blob, blob.size(), budget, 16)) {
      var reading = CompletableFuture.supplyAsync(() -> join(ranges));
      Eventually.asserted(() -> assertThat(blob.opened).hasSize(5));
      assertThat(budget.taken()).isEqualTo(4);

      blob.gate.countDown();
      assertThat(reading.get()).isEqualTo(blob.bytes);
    }
  }

  private static byte[] join(OrderedRanges ranges) {
    try {
      return readAll(ranges);
    } catch (IOException e) {
      return new byte[0];
    }
  }

  @Test
  void rangesThatBreakOff_goOnWhereTheyBroke() throws IOException {
    var blob = new RangedBlob(noise(5 * MIB));
    blob.toBreak.set(3);
    try (var ranges = new OrderedRanges(blob, blob.size(), new BlockBudget(2L * MIB), 3)) {
      assertThat(readAll(ranges)).isEqualTo(blob.bytes);
    }
    assertThat(blob.opened).hasSizeGreaterThan(5);
  }

  /** A stack larger than any address space: the kernel gives no such thread. */
  private static ThreadFactory noThreads() {
    return Thread.ofPlatform().stackSize(1L << 60).factory();
  }

  @Test
  void nodeWithoutThreads_readsOneRangeAfterTheOther_andKeepsNoBlock() throws IOException {
    var blob = new RangedBlob(noise(3 * MIB + 1));
    var budget = new BlockBudget(4L * MIB);
    try (var ranges = new OrderedRanges(blob, blob.size(), budget, 6, noThreads())) {
      assertThat(readAll(ranges)).isEqualTo(blob.bytes);
      assertThat(budget.taken()).isZero();
    }
    assertThat(blob.mostOpen.get()).isEqualTo(1);
  }

  @Test
  void registryThatDies_isAnError_afterAFewTries() throws IOException {
    var blob = new RangedBlob(noise(5 * MIB));
    blob.deadFrom = 3L * MIB;
    var budget = new BlockBudget(2L * MIB);
    try (var ranges = new OrderedRanges(blob, blob.size(), budget, 3)) {
      assertThatThrownBy(() -> readAll(ranges)).hasMessageContaining("registry died");
    }
    Eventually.asserted(() -> assertThat(budget.taken()).isZero());
    assertThat(blob.open.get()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"0", "1048576"})
  void cancel_endsAReaderThatWaits_andGivesEverythingBack(long heldFrom) throws Exception {
    var blob = new RangedBlob(noise(5 * MIB));
    blob.heldFrom = heldFrom;
    var budget = new BlockBudget(2L * MIB);
    var ranges = new OrderedRanges(blob, blob.size(), budget, 3);
    var reading =
        CompletableFuture.supplyAsync(
            () -> {
              try (ranges) {
                readAll(ranges);
                return "read";
              } catch (IOException e) {
                return "failed";
              }
            });
    Eventually.asserted(() -> assertThat(blob.open.get()).isEqualTo(heldFrom == 0 ? 3 : 2));

    ranges.cancel();

    assertThat(reading.get()).isEqualTo("failed");
    Eventually.asserted(() -> assertThat(budget.taken()).isZero());
    Eventually.asserted(() -> assertThat(blob.open.get()).isZero());
  }
}
