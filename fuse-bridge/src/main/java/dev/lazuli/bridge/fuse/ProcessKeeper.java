package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.ErrnoException;
import dev.lazuli.bridge.kernel.FileDescriptor;
import dev.lazuli.bridge.kernel.Pidfd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a {@link KeeperProcess} keep the descriptors. If that ends while this process lives, another
 * takes its place.
 *
 * <p>The file {@code keeper} says which process it is, so that the next daemon finds it and takes
 * copies of the descriptors from it. Safe for use by several threads.
 */
final class ProcessKeeper implements Keeper {
  private static final Logger log = LoggerFactory.getLogger(ProcessKeeper.class);

  /** A process that ends sooner than this is not replaced at once. */
  private static final Duration SHORT_LIFE = Duration.ofSeconds(10);

  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  private final Path file;
  private final Duration patience;

  /** Copies of our own: the process may have to be started again at any time. */
  private final Map<String, FileDescriptor> kept = new HashMap<>();

  private @Nullable KeeperProcess process;
  private long startedNanos;
  private Duration pause = Duration.ZERO;

  ProcessKeeper(Path directory, Duration patience) {
    this.file = directory.resolve("keeper");
    this.patience = patience;
  }

  @Override
  public synchronized Map<String, FileDescriptor> take() throws IOException {
    var taken = new HashMap<String, FileDescriptor>();
    KeeperRecord former = KeeperRecord.read(file);
    try (Pidfd found = former == null ? null : former.find()) {
      if (former == null || found == null) {
        return taken;
      }
      for (var entry : former.numbers().entrySet()) {
        taken.put(entry.getKey(), found.copyDescriptor(entry.getValue()));
      }
      return taken;
    } catch (IOException e) {
      taken.values().forEach(FileDescriptor::close);
      if (e instanceof ErrnoException refused && refused.errno() == Errno.ESRCH) {
        return new HashMap<>(); // It has ended, though nobody has waited for it yet.
      }
      throw e;
    }
  }

  @Override
  public synchronized void keep(Map<String, FileDescriptor> descriptors) throws IOException {
    KeeperRecord former = KeeperRecord.read(file);
    KeeperProcess old = process;
    copy(descriptors);
    start();
    end(old, former);
  }

  @Override
  public synchronized void release() throws IOException {
    KeeperRecord former = KeeperRecord.read(file);
    KeeperProcess old = process;
    process = null;
    copy(Map.of());
    Files.deleteIfExists(file);
    end(old, former);
  }

  private void copy(Map<String, FileDescriptor> descriptors) throws IOException {
    kept.values().forEach(FileDescriptor::close);
    kept.clear();
    for (var entry : descriptors.entrySet()) {
      kept.put(entry.getKey(), entry.getValue().duplicate(0));
    }
  }

  private void start() throws IOException {
    var started = KeeperProcess.start(kept, patience, this::ended);
    startedNanos = System.nanoTime();
    try {
      started.record().write(file);
    } catch (IOException e) {
      started.end();
      throw e;
    }
    process = started;
  }

  /**
   * Called when a keeper process has exited. If it is the current one and we did not stop it,
   * another is started.
   */
  private void ended(KeeperProcess lost) {
    if (!isOurs(lost)) {
      return;
    }
    log.warn("the keeper of the FUSE session, {}, has exited; starting another", lost);
    Duration wait = pauseBeforeNext();
    while (!replace(lost, wait)) {
      wait = LONGEST_PAUSE;
    }
  }

  private synchronized boolean isOurs(KeeperProcess ended) {
    return ended.equals(process);
  }

  private synchronized Duration pauseBeforeNext() {
    boolean shortLived = System.nanoTime() - startedNanos < SHORT_LIFE.toNanos();
    Duration now = shortLived ? pause : Duration.ZERO;
    Duration next = now.isZero() ? Duration.ofSeconds(1) : now.multipliedBy(2);
    pause = next.compareTo(LONGEST_PAUSE) < 0 ? next : LONGEST_PAUSE;
    return now;
  }

  /** Starts the next process; false if that failed and is to be tried again. */
  private boolean replace(KeeperProcess lost, Duration wait) {
    try {
      TimeUnit.NANOSECONDS.sleep(wait.toNanos());
      synchronized (this) {
        if (isOurs(lost)) {
          start();
          lost.close();
        }
      }
      return true;
    } catch (IOException e) {
      log.error("there is no keeper: the FUSE session would not outlive this process", e);
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError("this thread is never interrupted", e);
    }
  }

  private static void end(@Nullable KeeperProcess old, @Nullable KeeperRecord former)
      throws IOException {
    if (old != null) {
      old.end();
    } else if (former != null) {
      kill(former);
    }
  }

  private static void kill(KeeperRecord former) throws IOException {
    try (Pidfd found = former.find()) {
      if (found != null) {
        found.kill();
      }
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ESRCH) {
        throw e;
      }
    }
  }
}
