package dev.lazuli.snapshotter.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.testimages.waiting.Eventually;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class KeyedLocksTest {
  private final KeyedLocks<String> locks = new KeyedLocks<>();

  @Test
  void threeThreads_ofOneKey_holdItOneAfterTheOther() throws Exception {
    var secondHolds = new AtomicBoolean();
    var secondHas = new CountDownLatch(1);
    var secondMayGo = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CompletableFuture<Void> second;
      try (var _ = locks.lock("key")) {
        second =
            CompletableFuture.runAsync(
                () -> {
                  try (var _ = locks.lock("key")) {
                    secondHolds.set(true);
                    secondHas.countDown();
                    secondMayGo.await();
                    secondHolds.set(false);
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                },
                threads);
        Eventually.until(() -> locks.users("key") == 2);
      }
      secondHas.await();
      var overlapped =
          CompletableFuture.supplyAsync(
              () -> {
                try (var _ = locks.lock("key")) {
                  return secondHolds.get();
                }
              },
              threads);
      Eventually.until(() -> overlapped.isDone() || locks.users("key") == 2);
      secondMayGo.countDown();

      assertThat(overlapped.get()).as("the third held it with the second").isFalse();
      second.get();
    }
    assertThat(locks.users("key")).isZero();
  }

  @Test
  void keys_doNotWaitForEachOther() throws Exception {
    try (var _ = locks.lockInterruptibly("one");
        var _ = locks.lockInterruptibly("other")) {
      var third = CompletableFuture.supplyAsync(() -> locks.users("one") + locks.users("other"));

      assertThat(third.get()).isEqualTo(2);
    }
    assertThat(locks.users("one") + locks.users("other")).isZero();
  }

  @Test
  void interruptedWait_leavesTheLockToOthers() {
    Thread.currentThread().interrupt();

    assertThatThrownBy(
            () -> {
              try (var _ = locks.lockInterruptibly("key")) {
                assertThat(locks.users("key")).isZero();
              }
            })
        .isInstanceOf(InterruptedException.class);
    assertThat(locks.users("key")).isZero();
  }
}
