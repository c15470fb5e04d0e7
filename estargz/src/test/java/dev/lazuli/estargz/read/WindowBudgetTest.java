package dev.lazuli.estargz.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.github.luben.zstd.ZstdOutputStream;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.MemoryBlob;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class WindowBudgetTest {
  private static final int MIB = 1 << 20;
  private static final int WINDOW = 2 * MIB;

  private final WindowBudget budget = new WindowBudget(2 * WINDOW);

  @Test
  void whoFindsTooLittle_waitsUntilItIsGivenBack() throws Exception {
    var taken = budget.take(3 * MIB);
    var second = new CompletableFuture<Integer>();
    var waiter = Thread.ofPlatform().start(() -> take(second));
    awaitWaiter();

    assertThat(budget.isWanted()).isTrue();
    assertThat(second).isNotDone();
    budget.give(taken);

    assertThat(second.get(30, TimeUnit.SECONDS)).isEqualTo(WindowBudget.unitsOf(WINDOW));
    assertThat(budget.freeBytes()).isEqualTo(WINDOW);
    waiter.join();
  }

  @Test
  void whoFindsTooLittleForLong_isToldSo_andTakesNothing() throws Exception {
    var impatient = new WindowBudget(2 * WINDOW, Duration.ofMillis(1));
    var taken = impatient.take(2 * WINDOW);

    assertThatThrownBy(() -> impatient.take(WINDOW)).hasMessageContaining("others hold it");

    impatient.give(taken);
    assertThat(impatient.freeBytes()).isEqualTo(2 * WINDOW);
  }

  @Test
  void aDecoderWaitsForItsWindow_andOneThatRestsGivesIts() throws Exception {
    var frames = frames(1);
    var first = startedOn(frames);
    var second = startedOn(frames);
    assertThat(budget.freeBytes()).isZero();

    var third = new CompletableFuture<ZstdDecoder>();
    var waiter =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    third.complete(startedOn(frames));
                  } catch (IOException | RuntimeException e) {
                    third.completeExceptionally(e);
                  }
                });
    awaitWaiter();
    assertThat(third).isNotDone();
    first.rest();

    try (var started = third.get(30, TimeUnit.SECONDS)) {
      assertThat(budget.freeBytes()).isZero();
      second.close();
      assertThat(budget.freeBytes()).isEqualTo(WINDOW);
      assertThat(started).isNotNull();
    }
    first.close();
    assertThat(budget.freeBytes()).isEqualTo(2 * WINDOW);
    waiter.join();
  }

  @Test
  void aDecoderGivesWayBetweenItsFrames() throws Exception {
    var other = budget.take(WINDOW);
    var frames = frames(2);
    try (var decoder = startedOn(frames)) {
      var waiting = new CompletableFuture<Integer>();
      var waiter = Thread.ofPlatform().start(() -> take(waiting));
      awaitWaiter();
      var rest = CompletableFuture.runAsync(() -> decodeRest(decoder));

      budget.give(waiting.get(30, TimeUnit.SECONDS));

      rest.get(30, TimeUnit.SECONDS);
      waiter.join();
    }
    budget.give(other);
    assertThat(budget.freeBytes()).isEqualTo(2 * WINDOW);
  }

  private void take(CompletableFuture<Integer> taken) {
    try {
      taken.complete(budget.take(WINDOW));
    } catch (IOException e) {
      taken.completeExceptionally(e);
    }
  }

  private void awaitWaiter() {
    await().until(budget::isWanted);
  }

  private ZstdDecoder startedOn(byte[] frames) throws IOException {
    var decoder = new ZstdDecoder(Limits.DEFAULT, budget);
    var blob = new MemoryBlob(frames, 64 << 10, true);
    decoder.start(new BlobCursor(blob.open(0, frames.length), 0), "test");
    decoder.decode(ByteBuffer.allocateDirect(1));
    return decoder;
  }

  private static void decodeRest(ZstdDecoder decoder) {
    var out = ByteBuffer.allocateDirect(64 << 10);
    try {
      while (decoder.decode(out.clear())) {}
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes frames that say nothing of their size and so have the window of their level, 2 MiB. */
  private static byte[] frames(int count) throws IOException {
    var bytes = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      try (var zstd = new ZstdOutputStream(bytes, 3)) {
        zstd.write(new byte[3 * MIB]);
      }
    }
    return bytes.toByteArray();
  }
}
