package dev.lazuli.snapshotter.bulk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.LayerData;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole pulls that share a turn, wait for one, or are ended. */
@SuppressWarnings("MustBeClosedChecker") // Handles cross threads here, and are closed after them.
final class PullTurnsTest extends BulkPullsRig {
  private CompletableFuture<LayerData> pulling(LayoutLayer built, RangedBlob from) {
    return pulling(built, IMAGE, from);
  }

  private CompletableFuture<LayerData> pulling(
      LayoutLayer built, String reference, RangedBlob from) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return pulls.pull(digest(built), reference, from, true);
          } catch (IOException | InterruptedException e) {
            throw new CompletionException(e);
          }
        },
        task -> Thread.ofVirtual().start(task));
  }

  @Test
  void manyWhoWant_shareOnePull_andEachHasAHandle() throws Exception {
    blob.heldFrom = 0;
    var first = pulling(layer, blob);
    var second = pulling(layer, blob);
    Eventually.asserted(() -> assertThat(pulls.progress()).hasSize(1));
    Eventually.asserted(() -> assertThat(pulls.progress().getFirst().isRunning()).isTrue());
    blob.gate.countDown();

    first.get().close();
    try (var data = second.get()) {
      assertThat(data.complete()).isTrue();
    }
    assertThat(told).hasSize(1);
    assertThat(pulls.progress()).isEmpty();
  }

  @Test
  void anotherRegistryThatSendsNothing_holdsUpNobody_whoWantsTheSameLayer() throws Exception {
    var held = new RangedBlob(bytes(layer));
    held.heldFrom = 0;
    var first = pulling(layer, "slow.example/app:1", held);
    Eventually.asserted(() -> assertThat(held.opened).isNotEmpty());

    pulls.pull(digest(layer), IMAGE, blob, true).close();

    held.gate.countDown();
    first.get().close();
    assertThat(held.open.get()).isZero();
  }

  @Test
  void moreThanAllowed_waitTheirTurn_andWhatIsAwaitedComesFirst() throws Exception {
    pulls.close();
    pulls = pulls(1);
    blob.heldFrom = 0;
    var running = pulling(layer, blob);
    Eventually.asserted(() -> assertThat(blob.opened).isNotEmpty());
    var later = build(LayerEncoding.GZIP, 3);
    var sooner = build(LayerEncoding.GZIP, 4);
    var laterBlob = new RangedBlob(bytes(later));
    var soonerBlob = new RangedBlob(bytes(sooner));
    laterBlob.heldFrom = 0;
    var ahead =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return pulls.pull(digest(later), IMAGE, laterBlob, false);
              } catch (IOException | InterruptedException e) {
                throw new CompletionException(e);
              }
            },
            task -> Thread.ofVirtual().start(task));
    Eventually.asserted(() -> assertThat(pulls.progress()).hasSize(2));
    var asked = pulling(sooner, soonerBlob);
    Eventually.asserted(() -> assertThat(pulls.progress()).hasSize(3));
    blob.gate.countDown();

    asked.get().close();
    assertThat(ahead).isNotDone();
    laterBlob.gate.countDown();
    ahead.get().close();
    running.get().close();
  }

  @Test
  void theLastWhoStopsWaiting_endsThePull() throws Exception {
    blob.heldFrom = 0;
    var waiting =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (var _ = pulls.pull(digest(layer), IMAGE, blob, false)) {
                    told.add("got");
                  } catch (IOException | InterruptedException e) {
                    told.add("stopped");
                  }
                });
    Eventually.asserted(() -> assertThat(blob.open.get()).isPositive());

    waiting.interrupt();

    Eventually.asserted(() -> assertThat(pulls.progress()).isEmpty());
    waiting.join();
    assertThat(told).containsExactlyInAnyOrder("stopped", "failed");
    assertThat(store.list()).isEmpty();
  }

  @Test
  void pullThatWasGivenUp_failsNobodyWhoComesBeforeItsEnd() throws Exception {
    pulls.close();
    pulls = pulls(1);
    blob.heldFrom = 0;
    var running = pulling(layer, blob);
    Eventually.asserted(() -> assertThat(blob.open.get()).isPositive());
    var other = build(LayerEncoding.GZIP, 3);
    var source = new RangedBlob(bytes(other));
    var waiting =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (var _ = pulls.pull(digest(other), IMAGE, source, true)) {
                    told.add("got");
                  } catch (IOException | InterruptedException e) {
                    told.add("stopped");
                  }
                });
    Eventually.asserted(() -> assertThat(pulls.progress()).hasSize(2));
    waiting.interrupt();
    waiting.join();
    assertThat(pulls.progress()).as("waits for its turn, to end").hasSize(2);

    var again = pulling(other, source);
    blob.gate.countDown();

    again.get().close();
    running.get().close();
  }

  /** A clock by which each piece of 10,000 bytes takes so long. */
  private static LongSupplier ticking(Duration step) {
    var now = new AtomicLong();
    return () -> now.addAndGet(step.toNanos());
  }

  @Test
  void registryThatDrips_endsItsPull() {
    pulls.close();
    pulls = pulls(1, Duration.ofMinutes(1), ticking(Duration.ofSeconds(11)));

    assertThatThrownBy(() -> pulls.pull(digest(layer), IMAGE, blob, true).close())
        .hasMessageContaining("too slow")
        .hasMessageContaining("less than 1024 bytes a second");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void slowRegistry_isWaitedFor_unlessOthersWaitForItsTurn(boolean othersWait) throws Exception {
    pulls.close();
    pulls = pulls(1, Duration.ofMinutes(1), ticking(Duration.ofSeconds(1)));
    blob.heldFrom = 0;
    var slow = pulling(layer, blob);
    Eventually.asserted(() -> assertThat(blob.open.get()).isPositive());
    var other = build(LayerEncoding.GZIP, 3);
    var source = new RangedBlob(bytes(other));
    var waiting = othersWait ? pulling(other, source) : slow;
    Eventually.asserted(() -> assertThat(pulls.progress()).hasSize(othersWait ? 2 : 1));

    blob.gate.countDown();

    if (othersWait) {
      assertThatThrownBy(slow::get).hasMessageContaining("less than 16384 bytes a second");
    }
    waiting.get().close();
  }

  /** At 25,000 bytes a second, one piece after the other. */
  @Test
  void pullThatKeepsAThirdRegistryWaiting_isEndedThoughItIsFasterThanTheCrowdedRate()
      throws Exception {
    pulls.close();
    var options = new BulkOptions(true, 1, 0, 1, Duration.ofMinutes(1), 1 << 20);
    pulls = pulls(options, ticking(Duration.ofMillis(400)));
    blob.heldFrom = 0;
    var slow = pulling(layer, blob);
    Eventually.asserted(() -> assertThat(blob.open.get()).isPositive());
    var second = build(LayerEncoding.GZIP, 3);
    var secondBlob = new RangedBlob(bytes(second));
    secondBlob.heldFrom = 0;
    var beyond = pulling(second, "second.example/app:1", secondBlob);
    Eventually.asserted(() -> assertThat(secondBlob.open.get()).isPositive());
    var third = build(LayerEncoding.GZIP, 4);
    var waiting = pulling(third, "third.example/app:1", new RangedBlob(bytes(third)));
    Eventually.asserted(() -> assertThat(pulls.progress()).hasSize(3));

    blob.gate.countDown();

    assertThatThrownBy(slow::get)
        .hasMessageContaining("too slow")
        .hasMessageNotContaining("less than 16384 bytes");
    waiting.get().close();
    pulls.close();
    assertThat(beyond).failsWithin(Duration.ofMinutes(1));
  }

  @Test
  void whoHasWaitedLongEnough_goesAway_andThePullEnds() {
    pulls.close();
    pulls = pulls(1, Duration.ofMillis(50), System::nanoTime);
    blob.heldFrom = 0;

    assertThatThrownBy(() -> pulls.pull(digest(layer), IMAGE, blob, true).close())
        .hasMessageContaining("was not pulled within PT0.05S");

    Eventually.asserted(() -> assertThat(pulls.progress()).isEmpty());
    assertThat(store.list()).isEmpty();
  }

  @Test
  void close_endsWhatRunsAndWhatWaits() throws Exception {
    pulls.close();
    pulls = pulls(1);
    blob.heldFrom = 0;
    var other = build(LayerEncoding.GZIP, 3);
    var otherBlob = new RangedBlob(bytes(other));
    var running = pulling(layer, blob);
    Eventually.asserted(() -> assertThat(blob.opened).isNotEmpty());
    var queued = pulling(other, otherBlob);
    Eventually.asserted(() -> assertThat(pulls.progress()).hasSize(2));

    pulls.close();

    assertThatThrownBy(running::get).hasRootCauseInstanceOf(IOException.class);
    assertThatThrownBy(queued::get).hasRootCauseInstanceOf(IOException.class);
    assertThat(store.list()).isEmpty();
  }
}
