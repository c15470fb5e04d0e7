package dev.lazuli.snapshotter.locks;

import com.google.errorprone.annotations.MustBeClosed;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A lock for each key, kept only while a thread holds it or waits for it. So all threads that use
 * one key at a time share one lock, and keys of the past take no memory. Thread-safe.
 *
 * @param <K> compared by {@code equals}
 */
public final class KeyedLocks<K> {
  /**
   * The lock of one key.
   *
   * @param users threads that hold it or wait for it, at least 1
   */
  private record Shared(ReentrantLock lock, int users) {}

  /** A lock that the current thread holds until it closes this. */
  public final class Held implements AutoCloseable {
    private final K key;
    private final ReentrantLock lock;

    private Held(K key, ReentrantLock lock) {
      this.key = key;
      this.lock = lock;
    }

    @Override
    public void close() {
      lock.unlock();
      leave(key);
    }
  }

  private final Map<K, Shared> locks = new ConcurrentHashMap<>();

  /** Waits for the lock of {@code key}, however long. */
  @MustBeClosed
  public Held lock(K key) {
    var lock = enter(key);
    lock.lock();
    return new Held(key, lock);
  }

  /**
   * Waits for the lock of {@code key}.
   *
   * @throws InterruptedException if the thread is interrupted meanwhile
   */
  @MustBeClosed
  public Held lockInterruptibly(K key) throws InterruptedException {
    var lock = enter(key);
    try {
      lock.lockInterruptibly();
    } catch (InterruptedException e) {
      leave(key);
      throw e;
    }
    return new Held(key, lock);
  }

  private ReentrantLock enter(K key) {
    var shared =
        locks.compute(
            key,
            (_, old) ->
                old == null
                    ? new Shared(new ReentrantLock(), 1)
                    : new Shared(old.lock, old.users + 1));
    return shared.lock;
  }

  private void leave(K key) {
    locks.computeIfPresent(
        key, (_, old) -> old.users == 1 ? null : new Shared(old.lock, old.users - 1));
  }

  /** Returns how many threads hold the lock of {@code key} or wait for it. */
  int users(K key) {
    var shared = locks.get(key);
    return shared == null ? 0 : shared.users;
  }
}
