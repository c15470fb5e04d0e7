package dev.lazuli.snapshotter.knowledge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.testimages.waiting.Eventually;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class IndexThreadTest {
  private static final ThreadFactory THREADS = Thread.ofPlatform().daemon().factory();

  private final List<String> said = new CopyOnWriteArrayList<>();

  private void run(IndexThread thread, String name) {
    thread.run(() -> said.add(name), () -> said.add("not " + name));
  }

  @Test
  void tasks_areRunInTheirOrder() {
    try (var thread = new IndexThread(2, THREADS)) {
      run(thread, "first");
      run(thread, "second");
      Eventually.until(() -> said.size() == 2);
    }
    assertThat(said).containsExactly("first", "second");
  }

  @Test
  void taskForWhichThereIsNoThread_isLeftOut() {
    var isThere = new AtomicBoolean();
    ThreadFactory scarce =
        task -> {
          if (isThere.get()) {
            return THREADS.newThread(task);
          }
          throw new OutOfMemoryError("unable to create native thread");
        };
    try (var thread = new IndexThread(2, scarce)) {
      run(thread, "first");
      assertThat(said).containsExactly("not first");
      isThere.set(true);
      run(thread, "second");
      Eventually.until(() -> said.size() == 2);
    }
    assertThat(said).containsExactly("not first", "second");
  }

  @Test
  void tasksThatAreTooMany_orWaitWhenItEnds_areLeftOut() throws InterruptedException {
    var hasBegun = new CountDownLatch(1);
    var thread = new IndexThread(1, THREADS);
    try (thread) {
      thread.run(
          () -> {
            hasBegun.countDown();
            try {
              new CountDownLatch(1).await();
            } catch (InterruptedException e) {
              said.add("interrupted");
            }
          },
          () -> said.add("not begun"));
      hasBegun.await();
      run(thread, "waiting");
      run(thread, "too many");
      assertThat(said).containsExactly("not too many");
    }
    assertThat(said).containsExactlyInAnyOrder("not too many", "not waiting", "interrupted");
    run(thread, "late");
    assertThat(said).contains("not late");
  }
}
