package dev.lazuli.snapshotter.metrics;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The daemon as the kernel sees it: memory, descriptors, threads. */
final class ProcessMetrics {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  private ProcessMetrics() {}

  static void register(Metrics metrics) {
    metrics.watch("process_resident_memory_bytes", "Memory in use.", () -> kilobytes("VmRSS:"));
    metrics.watch(
        "process_resident_memory_peak_bytes",
        "Most memory ever in use.",
        () -> kilobytes("VmHWM:"));
    metrics.watch(
        "process_threads",
        "Threads of the system, virtual ones not counted.",
        () -> status("Threads:"));
    metrics.watch("process_open_fds", "Open file descriptors.", ProcessMetrics::descriptors);
    metrics.watch(
        "jvm_heap_used_bytes",
        "Java heap in use.",
        () -> ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
  }

  private static long kilobytes(String field) {
    return status(field) * 1024;
  }

  /** Returns a number of /proc/self/status, 0 for a field that this kernel does not have. */
  private static long status(String field) {
    try (Stream<String> lines = Files.lines(STATUS)) {
      return lines
          .filter(line -> line.startsWith(field))
          .map(line -> line.substring(field.length()).strip().replaceFirst(" .*", ""))
          .mapToLong(Long::parseLong)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long descriptors() {
    try (Stream<Path> entries = Files.list(DESCRIPTORS)) {
      return entries.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
