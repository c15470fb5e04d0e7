package dev.lazuli.snapshotter.node;

import dev.lazuli.snapshotter.layers.LayerService;
import dev.lazuli.snapshotter.snapshots.SnapshotterServer;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Whether a daemon does the things that only a restart can repair: its scheduler keeps time, its
 * FUSE loops take requests, its socket answers calls.
 *
 * @param limit how long each may take
 * @param sinceTick time since the scheduler last kept time
 * @param longestRequest how long a FUSE loop has been busy with one request; none may wait
 * @param mounted whether the FUSE mounts are served
 * @param answers whether the socket answers a call within a limit
 */
record Vitals(
    Duration limit,
    Supplier<Duration> sinceTick,
    Supplier<Duration> longestRequest,
    Supplier<Boolean> mounted,
    Answers answers) {
  /** Calls the daemon as containerd does. */
  interface Answers {
    boolean within(Duration limit);
  }

  /** Many ticks of the scheduler, and more than a busy machine needs for a call. */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  static Vitals of(Optional<LayerService> layers, SnapshotterServer snapshots) {
    return new Vitals(
        LIMIT,
        () -> layers.map(LayerService::sinceTick).orElse(Duration.ZERO),
        () -> layers.map(LayerService::longestRequest).orElse(Duration.ZERO),
        () -> layers.map(LayerService::isServing).orElse(true),
        snapshots::answers);
  }

  /** Returns what does not work, if anything. */
  Optional<String> trouble() {
    if (isLonger(sinceTick.get())) {
      return Optional.of("the scheduler's timer has not run for " + sinceTick.get());
    }
    if (isLonger(longestRequest.get())) {
      return Optional.of("a FUSE request has kept its loop busy for " + longestRequest.get());
    }
    if (!mounted.get()) {
      return Optional.of("a FUSE mount is no longer served");
    }
    return answers.within(limit)
        ? Optional.empty()
        : Optional.of("the socket does not answer within " + limit);
  }

  private boolean isLonger(Duration time) {
    return time.compareTo(limit) > 0;
  }
}
