package dev.lazuli.snapshotter.cli.demo;

import dev.lazuli.demo.registry.LocalRegistry;
import dev.lazuli.snapshotter.waterfall.Waterfall;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Takes the time of one start, and what the registry had to do for it. */
final class Clock {
  private final LocalRegistry registry;
  private final Instant began = Instant.now();
  private final long beganNanos = System.nanoTime();
  private Duration ready = Duration.ZERO;
  private Duration output = Duration.ZERO;
  private long bytes;
  private long requests;

  /** Starts it, with the registry's counters at zero. */
  Clock(LocalRegistry registry) {
    this.registry = registry;
    registry.resetCounters();
  }

  Instant began() {
    return began;
  }

  /** The root file system can be used. */
  void ready() {
    ready = elapsed();
  }

  /** The program has printed something. */
  void output() {
    output = elapsed();
    var counters = registry.counters();
    bytes = counters.bodyBytes();
    requests = counters.requests();
  }

  /** Returns a start whose image was whole when it was ready. */
  Start full(String text) {
    return new Start(ready, output, bytes, requests, ready, text, Optional.empty());
  }

  /** Returns a start whose image is whole now. */
  Start lazy(String text, Duration complete, Waterfall waterfall, String outputName) {
    var marked = waterfall.withMark(outputName, output.toNanos() / 1000);
    return new Start(ready, output, bytes, requests, complete, text, Optional.of(marked));
  }

  /** Returns the time since the start. */
  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - beganNanos);
  }
}
