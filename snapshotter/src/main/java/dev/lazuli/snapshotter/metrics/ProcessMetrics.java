package dev.lazuli.snapshotter.metrics;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
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
    metrics.watch(
        "process_resident_memory_bytes",
        "Memory of the process that is in RAM.",
        () -> kilobytes("VmRSS:"));
    metrics.watch(
        "process_resident_memory_peak_bytes", "The most that ever was.", () -> kilobytes("VmHWM:"));
    metrics.watch(
        "process_threads",
        "Threads of the system, virtual ones not counted.",
        () -> status("Threads:"));
    metrics.watch("process_open_fds", "Open file descriptors.", ProcessMetrics::descriptors);
    metrics.watchTotal("process_cpu_seconds", "Time on CPUs.", ProcessMetrics::cpuSeconds);
    metrics.watch(
        "process_start_time_seconds",
        "When the process started, since 1970.",
        ProcessMetrics::startSeconds);
    registerJvm(metrics);
  }

  private static void registerJvm(Metrics metrics) {
    var runtime = Runtime.getRuntime();
    metrics.watch(
        "jvm_heap_used_bytes",
        "Java heap in use, garbage included.",
        () -> runtime.totalMemory() - runtime.freeMemory());
    metrics.watch("jvm_heap_committed_bytes", "Java heap reserved.", runtime::totalMemory);
    metrics.watch("jvm_heap_max_bytes", "What the Java heap may grow to.", runtime::maxMemory);
    metrics.watch(
        "jvm_direct_buffers_bytes",
        "Java's direct buffers.",
        () ->
            ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum());
    metrics.watchTotal(
        "jvm_gc_seconds",
        "Time spent collecting garbage.",
        () ->
            ManagementFactory.getGarbageCollectorMXBeans().stream()
                    .mapToLong(GarbageCollectorMXBean::getCollectionTime)
                    .sum()
                / 1e3);
  }

  private static double cpuSeconds() {
    return ProcessHandle.current()
        .info()
        .totalCpuDuration()
        .map(time -> time.toNanos() / 1e9)
        .orElse(0.0);
  }

  private static double startSeconds() {
    return ProcessHandle.current()
        .info()
        .startInstant()
        .map(start -> start.toEpochMilli() / 1e3)
        .orElse(0.0);
  }

  private static long kilobytes(String field) {
    return status(field) * 1024;
  }

  /** Returns a number of /proc/self/status, 0 for a field that this kernel does not have. */
  private static long status(String field) {
    try (Stream<String> lines = Files.lines(STATUS, ISO_8859_1)) {
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
