package dev.lazuli.registry.http;

import io.netty.channel.pool.FixedChannelPool;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The connections to one server, and the certificate files they were made with: once one of those
 * was replaced, new connections are to be made with the new one. Safe for any thread.
 */
final class ServerPool {
  /** As often as hosts files are looked at. */
  private static final Duration LOOK_EVERY = Duration.ofSeconds(10);

  private final FixedChannelPool channels;
  private final List<Path> files;
  private final FileStamps stamps;
  private volatile long lookedAt = System.nanoTime();

  ServerPool(FixedChannelPool channels, List<Path> files) {
    this.channels = channels;
    this.files = files;
    this.stamps = FileStamps.of(files);
  }

  FixedChannelPool channels() {
    return channels;
  }

  /** Returns whether the files are those that the pool was made with; looks now and then. */
  boolean isCurrent() {
    if (files.isEmpty() || System.nanoTime() - lookedAt < LOOK_EVERY.toNanos()) {
      return true;
    }
    lookedAt = System.nanoTime();
    return stamps.equals(FileStamps.of(files));
  }
}
