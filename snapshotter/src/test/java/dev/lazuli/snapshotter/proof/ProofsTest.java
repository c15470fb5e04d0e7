package dev.lazuli.snapshotter.proof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.snapshotter.fetch.TestSource;
import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ProofsTest extends ProofsSetUp {
  @ParameterizedTest
  @CsvSource({
    "ESTARGZ, 4194304, 0",
    "ESTARGZ, 16384, 65536",
    "ZSTD_CHUNKED, 4194304, 0",
    "ZSTD_CHUNKED, 16384, 65536"
  })
  void anHonestLayer_isProvedAndFilledByOneReadingOfItsBlob(
      LayerFormat format, int chunkBytes, int minChunkBytes) throws Exception {
    try (var rig = new ProofRig(root, format, chunkBytes, minChunkBytes, 0)) {
      try (var _ = rig.request()) {
        assertThat(rig.awaitProof().diffId()).isEqualTo(rig.diffId());
      }

      assertThat(rig.data.presentCount()).isEqualTo(rig.chunks());
      assertThat(rig.arrived).hasSize(rig.chunks());
      assertThat(rig.allRight()).isTrue();
      assertThat(rig.bytes.get()).isEqualTo(rig.source.size());
      assertThat(rig.data.record().proof()).isNotNull();
    }
  }

  @Test
  void withoutAThread_aProofIsTriedAgain_andKeepsNobodyElseFromHis() throws Exception {
    try (var rig = rig()) {
      var some = rig.maker;
      rig.maker = Thread.ofPlatform().stackSize(1L << 60).factory(); // The kernel gives none.
      try (var _ = rig.request();
          var _ = rig.request();
          var _ = rig.request()) {
        for (int i = 0; i < 3; i++) {
          assertThat(rig.delays.poll(60, TimeUnit.SECONDS))
              .startsWith("no thread could be started");
        }
        rig.maker = some;

        assertThat(rig.awaitProof().diffId()).isEqualTo(rig.diffId());
      }
    }
  }

  @Test
  void aLayerThatFailsToHearOfADelay_isProvedAllTheSame() throws Exception {
    try (var rig = rig()) {
      var some = rig.maker;
      rig.maker = Thread.ofPlatform().stackSize(1L << 60).factory();
      rig.onPutOff =
          () -> {
            rig.maker = some;
            throw new IllegalStateException("on purpose");
          };
      try (var _ = rig.request()) {
        assertThat(rig.awaitProof().diffId()).isEqualTo(rig.diffId());
      }
    }
  }

  @Test
  void withoutAThread_aLayerHearsOfItWithoutTheLocksOfWhoeverAsked() throws Exception {
    try (var rig = rig()) {
      rig.maker = Thread.ofPlatform().stackSize(1L << 60).factory();
      var asker = Thread.currentThread();
      var byAsker = new AtomicBoolean();
      rig.onPutOff = () -> byAsker.compareAndSet(false, Thread.currentThread().equals(asker));
      try (var _ = rig.request()) {
        assertThat(rig.delays.poll(60, TimeUnit.SECONDS)).startsWith("no thread could be started");
      }
      assertThat(byAsker).isFalse();
    }
  }

  @Test
  void aLayerOfWhichReadersHadAThird_costsItsWholeBlob_andKeepsWhatWasThere() throws Exception {
    try (var rig = rig()) {
      int before = rig.chunks() * 3 / 10;
      for (int c = 0; c < before; c++) {
        rig.write(c);
      }
      try (var _ = rig.request()) {
        assertThat(rig.awaitProof().diffId()).isEqualTo(rig.diffId());
      }

      assertThat(rig.bytes.get()).isEqualTo(rig.source.size());
      assertThat(rig.arrived).hasSize(rig.chunks() - before);
      assertThat(rig.allRight()).isTrue();
    }
  }

  @Test
  void aLayerOfWhichEveryRegistrySendsAnotherBlob_hasLied() throws Exception {
    try (var rig = rig()) {
      rig.others.add(new TestSource(rig.source.blob.clone()));
      wrong(rig.source);
      wrong(rig.others.getFirst());

      try (var _ = rig.request()) {
        assertThat(rig.awaitProof().lie()).startsWith("its blob is sha256:");
      }
    }
  }

  @Test
  void aDamagedMetadataImage_putsTheProofOff_beforeAnythingIsFetched() throws Exception {
    try (var rig = rig()) {
      var meta = rig.data.metaPath();
      var right = Files.readAllBytes(meta);
      var wrong = right.clone();
      wrong[wrong.length - 1] ^= 1;
      Files.write(meta, wrong);
      int opened = rig.source.requests.get();
      try (var _ = rig.request()) {
        for (int i = 0; i < 2; i++) {
          assertThat(rig.delays.poll(60, TimeUnit.SECONDS)).contains("checksum differs");
        }
        assertThat(rig.source.requests.get()).isEqualTo(opened);
        Files.write(meta, right);

        assertThat(rig.awaitProof().diffId()).isEqualTo(rig.diffId());
      }
    }
  }

  @Test
  void aStopInTheMiddle_keepsWhatCame_andTheNextDaemonProves() throws Exception {
    try (var rig = rig()) {
      var half = new CountDownLatch(1);
      rig.fault(
          (at, _) -> {
            if (at > rig.source.size() / 2) {
              half.countDown();
              throw new IOException("stalled");
            }
          });
      var wish = rig.request();
      assertThat(half.await(60, TimeUnit.SECONDS)).isTrue();
      rig.restart();
      wish.close();
      int kept = rig.data.presentCount();
      rig.fault((_, _) -> {});
      try (var _ = rig.request()) {
        assertThat(rig.awaitProof().diffId()).isEqualTo(rig.diffId());
      }

      assertThat(kept).isBetween(1, rig.chunks() - 1);
      assertThat(rig.data.presentCount()).isEqualTo(rig.chunks());
      assertThat(rig.allRight()).isTrue();
    }
  }

  @Test
  void aWishThatIsTakenBack_endsItsPass() throws Exception {
    try (var rig = rig()) {
      var reading = new CountDownLatch(1);
      rig.fault(
          (at, _) -> {
            if (at > 0) {
              reading.countDown();
              throw new IOException("stalled");
            }
          });
      var wish = rig.request();
      assertThat(reading.await(60, TimeUnit.SECONDS)).isTrue();
      wish.close();
      rig.fault((_, _) -> {});
      rig.restart();

      assertThat(rig.found).isEmpty();
    }
  }

  @Test
  void aFullQuota_keepsChunksFromBeingStored_butNotTheProof() throws Exception {
    try (var rig = new ProofRig(root, LayerFormat.ESTARGZ, 16_384, 0, 100_000)) {
      rig.store.enforceQuota();
      try (var _ = rig.request()) {
        assertThat(rig.awaitProof().diffId()).isEqualTo(rig.diffId());
      }
      assertThat(rig.data.presentCount()).isBetween(1, rig.chunks() - 1);
      assertThat(rig.store.usedBytes()).isLessThanOrEqualTo(90_000);
      assertThat(rig.store.evictedBytes()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {10_000, 40_000, 60_000})
  void aQuotaOfAFewChunks_isNotWrittenFullAndEvictedForAProof(long quota) throws Exception {
    try (var rig = new ProofRig(root, LayerFormat.ESTARGZ, 32_768, 0, quota)) {
      rig.store.enforceQuota();
      long before = rig.store.usedBytes();
      try (var _ = rig.request()) {
        assertThat(rig.awaitProof().diffId()).isEqualTo(rig.diffId());
      }
      assertThat(rig.store.usedBytes()).isBetween(before, Math.max(before, quota));
      assertThat(rig.store.evictedBytes()).isZero();
    }
  }
}
