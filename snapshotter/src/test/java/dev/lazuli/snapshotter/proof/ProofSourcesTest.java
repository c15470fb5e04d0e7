package dev.lazuli.snapshotter.proof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.fetch.TestSource;
import java.io.IOException;
import java.util.HashMap;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Proofs whose registries are away, wrong, or send each time something different. */
final class ProofSourcesTest extends ProofsSetUp {
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
}
