package dev.lazuli.snapshotter.proof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.snapshotter.fetch.TestSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ProofsTest {
  @TempDir Path root;

  private ProofRig rig() throws IOException {
    return new ProofRig(root, LayerFormat.ESTARGZ, 16_384, 0, 0);
  }

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

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void aWrongByteAnywhere_isALie_andStoresNothingWrong(long seed) throws Exception {
    try (var rig = rig()) {
      int at = new Random(seed).nextInt(rig.source.blob.length);
      rig.source.blob[at] ^= 4;
      try (var _ = rig.request()) {
        var proof = rig.awaitProof();

        assertThat(proof.diffId()).as("byte %d", at).isNull();
        assertThat(proof.lie()).startsWith("its blob is sha256:");
        assertThat(Finding.of(proof).isAboutRegistries()).isTrue();
      }
      assertThat(rig.source.distrusted).hasValue(1);
      assertThat(rig.allRight()).isTrue();
    }
  }

  /** Whoever brings a layer first cannot take it from the images of all others. */
  @Test
  void aRegistryThatSendsAnotherBlob_isNoMatter_ifOneSendsTheRightOne() throws Exception {
    try (var rig = rig()) {
      rig.others.add(new TestSource(rig.source.blob.clone()));
      rig.others.add(new TestSource(rig.source.blob.clone()));
      wrong(rig.source);
      wrong(rig.others.getFirst());

      try (var _ = rig.request()) {
        assertThat(rig.awaitProof().diffId()).isEqualTo(rig.diffId());
      }
      assertThat(rig.allRight()).isTrue();
    }
  }

  @Test
  void aRegistryThatIsAway_mayHaveTheRightBlob() throws Exception {
    try (var rig = rig()) {
      var good = new TestSource(rig.source.blob.clone());
      good.onOpen =
          (_, _) -> {
            throw new IOException("away");
          };
      rig.others.add(good);
      wrong(rig.source);

      try (var _ = rig.request()) {
        assertThat(rig.delays.poll(60, TimeUnit.SECONDS)).contains("away");
        assertThat(rig.found).isEmpty();
        good.onOpen = (_, _) -> {};

        assertThat(rig.awaitProof().diffId()).isEqualTo(rig.diffId());
      }
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

  private static void wrong(TestSource source) {
    source.blob[source.blob.length / 2] ^= 4;
  }

  @Test
  void aHostThatWasWrongOnce_isAskedAgain_andNobodyLied() throws Exception {
    try (var rig = rig()) {
      int at = rig.source.blob.length / 2;
      var passes = new AtomicInteger();
      rig.fault(
          (offset, _) -> {
            if (offset == 0) {
              rig.source.blob[at] ^= passes.getAndIncrement() < 2 ? (byte) 4 : 0;
            }
          });
      try (var _ = rig.request()) {
        assertThat(rig.awaitProof().diffId()).isEqualTo(rig.diffId());
      }
      assertThat(rig.allRight()).isTrue();
    }
  }

  @Test
  void aBlobThatChangesEachTime_isNoLie_butTriedAgain() throws Exception {
    try (var rig = rig()) {
      var opened = new AtomicInteger();
      rig.fault(
          (offset, _) -> {
            if (offset == 0) {
              rig.source.blob[rig.source.blob.length / 2] += (byte) opened.incrementAndGet();
            }
          });
      try (var _ = rig.request()) {
        assertThat(rig.delays.poll(60, TimeUnit.SECONDS)).contains("differed between two reads");
      }
      assertThat(rig.found).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {7, 8, 9})
  void ranges_thatBreakOff_goOnWhereTheyWere(long seed) throws Exception {
    try (var rig = rig()) {
      var random = new Random(seed);
      var failures = new HashMap<Long, Integer>();
      rig.fault(
          (at, _) -> {
            if (random.nextInt(3) == 0 && failures.merge(at, 1, Integer::sum) < 4) {
              throw new IOException("broken off");
            }
          });
      try (var _ = rig.request()) {
        assertThat(rig.awaitProof().diffId()).as("seed %d", seed).isEqualTo(rig.diffId());
      }
      assertThat(rig.bytes.get()).isEqualTo(rig.source.size());
      assertThat(rig.source.requests.get()).isGreaterThan(10);
    }
  }

  @Test
  void aRegistryThatIsAway_putsTheProofOff_untilItIsBack() throws Exception {
    try (var rig = rig()) {
      rig.fault(
          (_, _) -> {
            throw new IOException("connection refused");
          });
      try (var _ = rig.request()) {
        assertThat(rig.delays.poll(60, TimeUnit.SECONDS)).contains("connection refused");
        rig.fault((_, _) -> {});

        assertThat(rig.awaitProof().diffId()).isEqualTo(rig.diffId());
      }
    }
  }

  @Test
  void aRegistryThatHoldsAllTurns_keepsNoOtherFromItsProof() throws Exception {
    try (var rig = rig()) {
      var held = new CountDownLatch(ProofOptions.DEFAULT.passes());
      var gate = new CountDownLatch(1);
      rig.fault(
          (_, _) -> {
            held.countDown();
            gate.await();
          });
      try (var _ = rig.request("slow.test");
          var _ = rig.request("slow.test");
          var _ = rig.request("slow.test")) {
        assertThat(held.await(60, TimeUnit.SECONDS)).isTrue();
        rig.fault((_, _) -> {});
        try (var wish = rig.request("good.test")) {
          assertThat(rig.awaitProof().diffId()).isEqualTo(rig.diffId());
          assertThat(gate.getCount()).as("the others still wait").isOne();
          assertThat(wish).isNotNull();
        }
        gate.countDown();
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
