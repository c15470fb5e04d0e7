package dev.lazuli.estargz.fuzz;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;

/** What one input may cost whoever reads it: less than the daemon's whole heap, and little time. */
final class FuzzCosts {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final long MOST_BYTES = 64 << 20;

  /** On the processor; more than any input may take with the coverage of a fuzzer. */
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(2);

  private FuzzCosts() {}

  /** What is to be paid for. */
  interface Work {
    void run() throws IOException;
  }

  /** Runs some work; twice if it is not cheap, since the first run loads classes. */
  static void assertCheap(Work work) throws IOException {
    boolean cheap = isCheap(work);
    if (!cheap) {
      cheap = isCheap(work);
    }
    if (!cheap) {
      throw new AssertionError("costs more than 64 MiB of heap or 2 s");
    }
  }

  private static boolean isCheap(Work work) throws IOException {
    long bytes = THREADS.getCurrentThreadAllocatedBytes();
    long nanos = THREADS.getCurrentThreadCpuTime();
    work.run();
    return THREADS.getCurrentThreadAllocatedBytes() - bytes < MOST_BYTES
        && THREADS.getCurrentThreadCpuTime() - nanos < MOST_NANOS;
  }
}
