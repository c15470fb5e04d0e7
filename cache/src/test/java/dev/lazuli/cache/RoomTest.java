package dev.lazuli.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import dev.lazuli.cache.chunks.Blocks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RoomTest {
  private static final long MIB = 1 << 20;

  private final TestLayer layer = new TestLayer(1, 10, 5000);
  private final TestLayer other = new TestLayer(2, 10, 5000);
  private final FaultyDisk disk = new FaultyDisk();
  private Instant now = Instant.ofEpochSecond(1000);

  @TempDir Path root;

  @SuppressWarnings("MustBeClosed") // The caller's.
  private LayerStore open(long reserve) throws IOException {
    return LayerStore.open(root, options(reserve));
  }

  private StoreOptions options(long reserve) throws IOException {
    return StoreOptions.defaults()
        .withReserve(reserve)
        .withDisk(disk)
        .withPuncher(disk::punch)
        .withClock(() -> now);
  }

  private void secondLater() {
    now = now.plusSeconds(1);
  }

  @Test
  void roomEndsBelowTheReserve_andComesBackWithAMargin() throws IOException {
    try (var store = open(1000 * MIB);
        LayerData data = layer.addTo(store)) {
      assertThat(data.hasRoomFor(0)).isTrue();
      disk.free(1000 * MIB - 1);
      secondLater();
      assertThat(data.hasRoomFor(0)).isFalse();
      disk.free(1200 * MIB);
      secondLater();
      assertThat(data.hasRoomFor(0)).isFalse();
      disk.free(1250 * MIB);
      secondLater();
      assertThat(data.hasRoomFor(0)).isTrue();
      disk.free(1001 * MIB);
      secondLater();
      assertThat(data.hasRoomFor(0)).isTrue();
    }
  }

  @Test
  void chunkThatWouldTakeOfTheReserve_hasNoRoom() throws IOException {
    long size = Blocks.up(layer.chunks.getFirst().content().length);
    try (var store = open(1000 * MIB);
        LayerData data = layer.addTo(store)) {
      disk.free(1000 * MIB + size - 1);
      secondLater();
      assertThat(data.hasRoomFor(0)).isFalse();
      disk.free(1000 * MIB + size);
      secondLater();
      assertThat(data.hasRoomFor(0)).isTrue();
    }
  }

  @Test
  void disk_isAskedOncePerSecond() throws IOException {
    try (var store = open(1000 * MIB);
        LayerData data = layer.addTo(store)) {
      assertThat(data.hasRoomFor(0)).isTrue();
      disk.free(0);
      now = now.plusMillis(999);
      assertThat(data.hasRoomFor(0)).isTrue();
      now = now.plusMillis(1);
      assertThat(data.hasRoomFor(0)).isFalse();
    }
  }

  @Test
  void bytesWrittenSinceTheDiskWasAsked_countAgainstTheReserve() throws IOException {
    long size = Blocks.up(layer.chunks.getFirst().content().length);
    disk.free(1000 * MIB + size);
    try (var store = open(1000 * MIB);
        LayerData data = layer.addTo(store)) {
      assertThat(data.hasRoomFor(1)).isTrue();
      layer.write(data, 0);
      assertThat(data.hasRoomFor(1)).isFalse();
      assertThat(store.spareBytes()).isLessThan(size);
    }
  }

  @Test
  void clockSetBack_isNoReasonToTrustTheLastAnswerForLong() throws IOException {
    try (var store = open(1000 * MIB);
        LayerData data = layer.addTo(store)) {
      assertThat(data.hasRoomFor(0)).isTrue();
      disk.free(0);
      now = now.minus(Duration.ofDays(1));
      assertThat(data.hasRoomFor(0)).isFalse();
    }
  }

  @Test
  void defaultReserve_isATwentiethOfTheDisk_tenGibAtMost() throws IOException {
    try (var store = open(StoreOptions.DEFAULT_RESERVE);
        LayerData data = layer.addTo(store)) {
      disk.free((10L << 30) - 1);
      assertThat(data.hasRoomFor(0)).isFalse();
    }
  }

  @Test
  void fullDisk_evictsForAReader_notForWhatIsFetchedAhead() throws Exception {
    try (var store = open(0)) {
      try (LayerData data = other.addTo(store)) {
        other.writeAll(data);
      }
      try (LayerData data = layer.addTo(store)) {
        store.enforceQuota();
        disk.failAll(DiskOperation.WRITE, DiskFault.ENOSPC);
        assertThat(data.hasRoomFor(0)).isTrue();
        try (Writer writer = data.writerInAdvance(0)) {
          assertFull(writer);
        }
        assertThat(data.hasRoomFor(0)).isFalse();
        assertThat(store.evictedBytes()).isZero();

        try (Writer writer = data.writer(0)) {
          assertFull(writer);
        }
        await().atMost(ONE_MINUTE).until(() -> store.evictedBytes() > 0);
        assertThat(store.list()).extracting(LayerRecord::digest).containsExactly(layer.digest);
        disk.heal();
        secondLater();
        assertThat(data.hasRoomFor(0)).isTrue();
        layer.write(data, 0);
      }
    }
  }

  @Test
  void diskThatIsFullWhileItReportsRoom_isTriedLessAndLessOften_untilMoreIsFree()
      throws IOException {
    try (var store = open(0);
        LayerData data = layer.addTo(store)) {
      disk.free(1000 * MIB);
      disk.failAll(DiskOperation.WRITE, DiskFault.ENOSPC);
      int tries = 0;
      for (int second = 0; second < 3600; second++) {
        secondLater();
        if (data.hasRoomFor(0)) {
          tries++;
          try (Writer writer = data.writerInAdvance(0)) {
            assertFull(writer);
          }
        }
      }
      assertThat(tries).isBetween(10, 20);

      disk.heal();
      disk.free(1100 * MIB);
      secondLater();
      assertThat(data.hasRoomFor(0)).isTrue();
    }
  }

  @Test
  void fullDiskOfAnotherLanguage_isKnownByTheTestOfTheOptions() throws IOException {
    var german = options(0).withNoRoom(e -> String.valueOf(e.getMessage()).endsWith("verfügbar"));
    try (var store = LayerStore.open(root, german);
        LayerData data = layer.addTo(store)) {
      disk.failAll(DiskOperation.WRITE, DiskFault.ENOSPC_GERMAN);
      assertThat(data.hasRoomFor(0)).isTrue();
      try (Writer writer = data.writerInAdvance(0)) {
        assertFails(writer, "Auf dem Gerät ist kein Speicherplatz mehr verfügbar");
      }
      assertThat(data.hasRoomFor(0)).isFalse();
    }
  }

  private void assertFull(Writer writer) {
    assertFails(writer, "No space left");
  }

  private void assertFails(Writer writer, String message) {
    assertThatThrownBy(() -> writer.write(ByteBuffer.wrap(layer.chunks.getFirst().content())))
        .hasMessageContaining(message);
  }
}
