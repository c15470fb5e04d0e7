package dev.lazuli.snapshotter.fetch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How many of the machine's processors have nothing to do, from the first line of {@code
 * /proc/stat}: since boot, in ticks, user, nice, system, idle, waiting for a disk, and more
 * (proc_stat(5)). For one thread.
 */
public final class IdleProcessors {
  private static final int IDLE = 4;
  private static final int WAITING = 5;
  private static final int LAST = 8;

  private final Path stat;
  private final int processors;
  private long idle;
  private long total;

  /** Looks for the first time. */
  public IdleProcessors() {
    this(Path.of("/proc/stat"), Runtime.getRuntime().availableProcessors());
  }

  IdleProcessors(Path stat, int processors) {
    this.stat = stat;
    this.processors = processors;
    var _ = sinceLastLook();
  }

  /** Returns how many processors the machine has. */
  public int count() {
    return processors;
  }

  /**
   * Returns how many processors were idle since the last look, on average. Where nothing can be
   * seen, all are.
   */
  public double sinceLastLook() {
    long idleBefore = idle;
    long totalBefore = total;
    look();
    return total == totalBefore
        ? processors
        : (double) processors * (idle - idleBefore) / (total - totalBefore);
  }

  private void look() {
    try (var lines = Files.newBufferedReader(stat, StandardCharsets.US_ASCII)) {
      var first = lines.readLine();
      var words = first == null ? new String[0] : first.split(" +", -1);
      long sum = 0;
      for (int i = 1; i <= Math.min(LAST, words.length - 1); i++) {
        sum += Long.parseLong(words[i]);
      }
      if (words.length > WAITING) {
        idle = Long.parseLong(words[IDLE]) + Long.parseLong(words[WAITING]);
        total = sum;
      }
    } catch (IOException | NumberFormatException _) {
      // As if no time had passed.
    }
  }
}
