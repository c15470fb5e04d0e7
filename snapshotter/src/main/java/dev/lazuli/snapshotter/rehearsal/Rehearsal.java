package dev.lazuli.snapshotter.rehearsal;

import dev.lazuli.bridge.kernel.ThreadPriority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pulls a made-up image once, into a store of its own, so that the code of a pull has been run and
 * compiled before the first real one comes. Runs on a thread of the lowest priority and keeps
 * nothing: what it has on disk and in memory is gone when it ends. Whatever goes wrong, nothing
 * else is affected.
 */
public final class Rehearsal implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Rehearsal.class);
  private static final String NAME = "rehearsal";

  /** How long {@link #close} waits; what is left then is removed by the next rehearsal. */
  private static final long CLOSE_MILLIS = 1000;

  private final Path directory;
  private final Thread thread;
  private final CompletableFuture<Void> stop = new CompletableFuture<>();
  private volatile boolean succeeded;

  private Rehearsal(Path directory, ThreadFactory threads) {
    this.directory = directory;
    this.thread = threads.newThread(this::run);
  }

  /**
   * Starts one.
   *
   * @param state a directory, preferably on a file system in memory; the rehearsal's is below it
   */
  public static Rehearsal start(Path state) {
    return start(state, Thread.ofPlatform().daemon().name("lazuli-" + NAME).factory());
  }

  /** As above, with threads of the caller's choice. */
  static Rehearsal start(Path state, ThreadFactory threads) {
    var rehearsal = new Rehearsal(state.resolve(NAME), threads);
    try {
      rehearsal.thread.start();
    } catch (OutOfMemoryError e) { // The kernel's limit of threads, not memory as a rule.
      log.debug("no rehearsal: {}", e.toString());
    }
    return rehearsal;
  }

  private void run() {
    long began = System.nanoTime();
    try {
      ThreadPriority.leastForThisThread();
      remove(directory); // A daemon that was killed may have left it.
      new RehearsedPull(new RehearsalLayer(), directory, stop).run();
      succeeded = true;
      log.debug("rehearsed a pull in {} ms", (System.nanoTime() - began) / 1_000_000);
    } catch (IOException | RuntimeException e) {
      log.debug("no rehearsal: {}", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      removeQuietly();
    }
  }

  private void removeQuietly() {
    try {
      remove(directory);
    } catch (IOException e) {
      log.debug("{} is left: {}", directory, e.toString());
    }
  }

  private static void remove(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (var files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** Waits until the rehearsal has ended by itself; returns whether it did its work. */
  boolean await() throws InterruptedException {
    thread.join();
    return succeeded;
  }

  /** Ends the rehearsal, however far it has come. */
  @Override
  public void close() {
    stop.complete(null);
    try {
      thread.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
