package dev.lazuli.snapshotter.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** What the kernel says of a process: CPU used, also by children that have ended, and memory. */
record ProcessFigures(long pid) {
  private static final double TICKS_PER_SECOND = 100;
  private static final int UTIME = 11; // counted from the state, which follows the name
  private static final int CUTIME = 13;

  /** Returns the processor seconds of the process and its children that were waited for. */
  double cpuSeconds() throws IOException {
    return ticks(UTIME, 4) / TICKS_PER_SECOND;
  }

  /** Returns the processor seconds of children that were waited for, alone. */
  double childrenCpuSeconds() throws IOException {
    return ticks(CUTIME, 2) / TICKS_PER_SECOND;
  }

  private long ticks(int first, int count) throws IOException {
    var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    long sum = 0;
    for (int i = first; i < first + count; i++) {
      sum += Long.parseLong(fields[i]);
    }
    return sum;
  }

  /** Returns the processor seconds of the threads that are alive, by their names. */
  Map<String, Double> threadSeconds() throws IOException {
    var seconds = new TreeMap<String, Double>();
    try (var threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
      for (var thread : threads.toList()) {
        try {
          var stat = Files.readString(thread.resolve("stat"));
          var name = stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
          var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
          long ticks = Long.parseLong(fields[UTIME]) + Long.parseLong(fields[UTIME + 1]);
          seconds.merge(name, ticks / TICKS_PER_SECOND, Double::sum);
        } catch (NoSuchFileException e) {
          // It has ended meanwhile.
        }
      }
    }
    return seconds;
  }

  /** Makes {@link #peakMegabytes} start again. Needs root. */
  void resetPeak() throws IOException {
    Files.writeString(Path.of("/proc/" + pid + "/clear_refs"), "5");
  }

  /** Returns the most resident memory that the process had since the last reset. */
  double peakMegabytes() throws IOException {
    return megabytes("VmHWM:");
  }

  /** Returns the resident memory that the process has. */
  double residentMegabytes() throws IOException {
    return megabytes("VmRSS:");
  }

  /** Returns the part of it that is not pages of files. */
  double anonymousMegabytes() throws IOException {
    return megabytes("RssAnon:");
  }

  private double megabytes(String key) throws IOException {
    for (var line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith(key)) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1000.0;
      }
    }
    throw new IOException("no " + key + " of process " + pid);
  }
}
