package dev.lazuli.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/** Work on files of any content, which has to take little heap and little time of the processor. */
@FunctionalInterface
interface CheapWork {
  ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** A fraction of the daemon's heap. */
  long MOST_BYTES = 16 << 20;

  /** More than any file may take, with the coverage of a fuzzer and on a loaded machine. */
  Duration MOST_TIME = Duration.ofSeconds(2);

  void run() throws IOException;

  /** Does the work; twice if it is not cheap, since the first time loads classes. */
  static void assertCheap(CheapWork work) throws IOException {
    if (!isCheap(work)) {
      assertThat(isCheap(work)).as("takes little heap and time").isTrue();
    }
  }

  private static boolean isCheap(CheapWork work) throws IOException {
    long bytes = THREADS.getCurrentThreadAllocatedBytes();
    long time = THREADS.getCurrentThreadCpuTime();
    work.run();
    return THREADS.getCurrentThreadAllocatedBytes() - bytes < MOST_BYTES
        && THREADS.getCurrentThreadCpuTime() - time < MOST_TIME.toNanos();
  }
}
