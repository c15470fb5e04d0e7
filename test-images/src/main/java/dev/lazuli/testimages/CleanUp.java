package dev.lazuli.testimages;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.demo.containerd.Leftovers;
import dev.lazuli.demo.containerd.MountTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What has to be closed at the end, the last first, even if a signal ends this process. A signal
 * also ends the processes that were started here and not closed. Thread-safe.
 */
public final class CleanUp implements AutoCloseable {
  @GuardedBy("UNFINISHED")
  private static final Deque<CleanUp> UNFINISHED = new ArrayDeque<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(CleanUp::finish, "clean-up"));
  }

  @GuardedBy("this")
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  @GuardedBy("this")
  private boolean closed;

  /** Opens something. */
  @FunctionalInterface
  public interface Opening<T extends AutoCloseable, X extends Exception> {
    /** Returns it, open; on failure nothing is left. */
    T open() throws X;
  }

  /** Changes something that is to be closed. */
  @FunctionalInterface
  public interface Change<X extends Exception> {
    /** Does it. */
    void make() throws X;
  }

  /** Begins with nothing to close. */
  public CleanUp() {
    synchronized (UNFINISHED) {
      UNFINISHED.push(this);
    }
  }

  /**
   * Opens something that is to be closed. A signal that comes meanwhile waits for it.
   *
   * @throws IOException if it cannot be opened, or everything is closed already
   */
  public synchronized <T extends AutoCloseable, X extends Exception> T open(Opening<T, X> opening)
      throws IOException, X {
    requireUnfinished();
    var opened = opening.open();
    parts.push(opened);
    return opened;
  }

  /**
   * Changes something that is to be closed. A signal that comes meanwhile waits for it.
   *
   * @throws IOException if it fails, or everything is closed already
   */
  public synchronized <X extends Exception> void change(Change<X> change) throws IOException, X {
    requireUnfinished();
    change.make();
  }

  /** Makes a directory with a short path, which goes with all that is in it and mounted there. */
  public Path directory(String prefix) throws IOException {
    var directory = Files.createTempDirectory(Path.of("/tmp"), prefix);
    AutoCloseable _ =
        open(
            () ->
                () -> {
                  MountTable.unmountBelow(directory);
                  Leftovers.delete(directory);
                });
    return directory;
  }

  @GuardedBy("this")
  private void requireUnfinished() throws IOException {
    if (closed) {
      throw new IOException("everything is being closed");
    }
  }

  /**
   * Closes everything. Idempotent.
   *
   * @throws IOException if something fails; the rest is closed nevertheless
   */
  @Override
  public synchronized void close() throws IOException {
    closed = true;
    var failures = new ArrayList<Exception>();
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        failures.add(e);
      }
    }
    synchronized (UNFINISHED) {
      UNFINISHED.remove(this);
    }
    if (!failures.isEmpty()) {
      var failure = new IOException("not all was cleaned up: " + failures.getFirst());
      failures.forEach(failure::addSuppressed);
      throw failure;
    }
  }

  /** Does nothing where this process ends as it should. */
  private static void finish() {
    var left = next();
    if (left == null) {
      return;
    }
    for (; left != null; left = next()) {
      try {
        left.close();
      } catch (IOException e) {
        System.err.println(e.getMessage());
      }
    }
    ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
  }

  private static @Nullable CleanUp next() {
    synchronized (UNFINISHED) {
      return UNFINISHED.peek();
    }
  }
}
