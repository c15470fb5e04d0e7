package dev.lazuli.snapshotter;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/** What the present thread has spent since it began: heap, and time on the processor. */
public final class Costs {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** More than any input may take, with the coverage of a fuzzer and on a loaded machine. */
  private static final Duration MOST_TIME = Duration.ofSeconds(2);

  private static final long HEAP_BYTES = 64 << 20;

  private final long allocated = THREADS.getCurrentThreadAllocatedBytes();
  private final long time = THREADS.getCurrentThreadCpuTime();

  private Costs() {}

  /** Begins to count. */
  public static Costs begin() {
    return new Costs();
  }

  /** Asserts that less than the daemon's whole heap was asked for, and little time went by. */
  public void assertBelowHeap() {
    long spent = THREADS.getCurrentThreadCpuTime() - time;
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - allocated)
        .as("bytes of heap")
        .isLessThan(HEAP_BYTES);
    assertThat(Duration.ofNanos(spent)).as("time on the processor").isLessThan(MOST_TIME);
  }
}
