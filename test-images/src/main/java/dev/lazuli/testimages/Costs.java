package dev.lazuli.testimages;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * What an input may cost a parser: less than the daemon's whole heap, and little time.
 *
 * @param bytes of heap that were asked for
 * @param time on the processor
 */
public record Costs(long bytes, Duration time) {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final long HEAP_BYTES = 64 << 20;

  /** More than any input may take, with the coverage of a fuzzer and on a loaded machine. */
  private static final Duration MOST_TIME = Duration.ofSeconds(2);

  /** What is to be paid for. */
  @FunctionalInterface
  public interface Work {
    /** Does it. */
    void run() throws IOException;
  }

  /** Asserts that some work is cheap; done twice if it is not, since the first loads classes. */
  public static void assertCheap(Work work) throws IOException {
    if (!of(work).isLow()) {
      var costs = of(work);
      if (!costs.isLow()) {
        throw new AssertionError("not cheap: " + costs);
      }
    }
  }

  private static Costs of(Work work) throws IOException {
    long bytes = THREADS.getCurrentThreadAllocatedBytes();
    long time = THREADS.getCurrentThreadCpuTime();
    work.run();
    return new Costs(
        THREADS.getCurrentThreadAllocatedBytes() - bytes,
        Duration.ofNanos(THREADS.getCurrentThreadCpuTime() - time));
  }

  private boolean isLow() {
    return bytes < HEAP_BYTES && time.compareTo(MOST_TIME) < 0;
  }
}
