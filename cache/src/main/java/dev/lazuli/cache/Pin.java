package dev.lazuli.cache;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Keeps a layer whole: while it is held, the layer is not removed and no chunk of it is evicted,
 * whether handles are open or not. A layer mounted from its local data file must be pinned.
 * Thread-safe.
 */
public final class Pin implements AutoCloseable {
  private final Runnable unpin;
  private final AtomicBoolean released = new AtomicBoolean();

  Pin(Runnable unpin) {
    this.unpin = unpin;
  }

  /** Lets go of the layer. Idempotent. */
  @Override
  public void close() {
    if (released.compareAndSet(false, true)) {
      unpin.run();
    }
  }
}
