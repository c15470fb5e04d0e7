package dev.lazuli.snapshotter.metrics;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;

/** The daemon as the kernel sees it: memory, descriptors, threads. */
final class ProcessMetrics {
  private ProcessMetrics() {}

  static void register(WatchedMetrics metrics) {
    metrics.gauge(
        "process_resident_memory_bytes",
        "Resident memory of the process.",
        OwnProcess::residentBytes);
    metrics.gauge(
        "process_resident_memory_peak_bytes",
        "Highest resident memory of the process so far.",
        OwnProcess::peakResidentBytes);
    metrics.gauge(
        "process_threads",
        "Operating system threads; virtual threads are not counted.",
        OwnProcess::threads);
    metrics.gauge("process_open_fds", "Open file descriptors.", OwnProcess::openFiles);
    metrics.gauge(
        "process_max_fds", "Maximum number of open file descriptors.", OwnProcess::maxOpenFiles);
    metrics.total("process_cpu_seconds", "Processor time used.", ProcessMetrics::cpuSeconds);
    metrics.gauge(
        "process_start_time_seconds",
        "When the process started, in seconds since 1970.",
        ProcessMetrics::startSeconds);
    registerJvm(metrics);
  }

  private static void registerJvm(WatchedMetrics metrics) {
    var runtime = Runtime.getRuntime();
    metrics.gauge(
        "jvm_heap_used_bytes",
        "Java heap in use, garbage included.",
        () -> runtime.totalMemory() - runtime.freeMemory());
    metrics.gauge("jvm_heap_committed_bytes", "Java heap committed.", runtime::totalMemory);
    metrics.gauge("jvm_heap_max_bytes", "Maximum size of the Java heap.", runtime::maxMemory);
    metrics.gauge(
        "jvm_direct_buffers_bytes",
        "Memory of Java's direct buffers.",
        () ->
            ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum());
    metrics.total(
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
