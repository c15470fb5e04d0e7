package dev.lazuli.snapshotter.metrics;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;

/** The daemon as the kernel sees it: memory, descriptors, threads. */
final class ProcessMetrics {
  private ProcessMetrics() {}

  static void register(Metrics metrics) {
    metrics.watch(
        "process_resident_memory_bytes",
        "Resident memory of the process.",
        OwnProcess::residentBytes);
    metrics.watch(
        "process_resident_memory_peak_bytes",
        "Highest resident memory of the process so far.",
        OwnProcess::peakResidentBytes);
    metrics.watch(
        "process_threads",
        "Operating system threads; virtual threads are not counted.",
        OwnProcess::threads);
    metrics.watch("process_open_fds", "Open file descriptors.", OwnProcess::openFiles);
    metrics.watch(
        "process_max_fds", "Maximum number of open file descriptors.", OwnProcess::maxOpenFiles);
    metrics.watchTotal("process_cpu_seconds", "Processor time used.", ProcessMetrics::cpuSeconds);
    metrics.watch(
        "process_start_time_seconds",
        "When the process started, in seconds since 1970.",
        ProcessMetrics::startSeconds);
    registerJvm(metrics);
  }

  private static void registerJvm(Metrics metrics) {
    var runtime = Runtime.getRuntime();
    metrics.watch(
        "jvm_heap_used_bytes",
        "Java heap in use, garbage included.",
        () -> runtime.totalMemory() - runtime.freeMemory());
    metrics.watch("jvm_heap_committed_bytes", "Java heap committed.", runtime::totalMemory);
    metrics.watch("jvm_heap_max_bytes", "Maximum size of the Java heap.", runtime::maxMemory);
    metrics.watch(
        "jvm_direct_buffers_bytes",
        "Memory of Java's direct buffers.",
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
}
