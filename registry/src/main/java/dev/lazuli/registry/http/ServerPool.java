package dev.lazuli.registry.http;

import io.netty.channel.pool.FixedChannelPool;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The connections to one server, and what they were made with: once a certificate file was
 * replaced, or the proxy's name leads elsewhere, new connections are to be made in the new way.
 * Safe for any thread that may wait.
 */
final class ServerPool {
  /** As often as hosts files are looked at. */
  private static final Duration LOOK_EVERY = Duration.ofSeconds(10);

  private final FixedChannelPool channels;
  private final List<Path> files;
  private final FileStamps stamps;
  private final @Nullable Proxy proxy;
  private volatile long lookedAt = System.nanoTime();

  ServerPool(FixedChannelPool channels, List<Path> files, @Nullable Proxy proxy) {
    this.channels = channels;
    this.files = files;
    this.stamps = FileStamps.of(files);
    this.proxy = proxy;
  }

  FixedChannelPool channels() {
    return channels;
  }

  /** Returns whether all is as it was when the pool was made; looks now and then. */
  boolean isCurrent() {
    boolean isFixed = files.isEmpty() && proxy == null;
    if (isFixed || System.nanoTime() - lookedAt < LOOK_EVERY.toNanos()) {
      return true;
    }
    lookedAt = System.nanoTime();
    return stamps.equals(FileStamps.of(files))
        && (proxy == null || proxy.isCurrent(InetAddress::getAllByName));
  }
}
