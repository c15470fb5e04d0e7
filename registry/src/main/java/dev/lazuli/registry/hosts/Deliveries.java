package dev.lazuli.registry.hosts;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** Remembers which host delivered which range of a blob, for the latest requests. Thread-safe. */
public final class Deliveries {
  /** More than ranges of one blob are ever open at once. */
  private static final int REMEMBERED = 64;

  private record Delivery(long start, long end, RegistryHost host) {}

  @GuardedBy("this")
  private final ArrayDeque<Delivery> latest = new ArrayDeque<>();

  /** Notes which host was asked for a range. */
  public synchronized void note(long offset, long length, RegistryHost host) {
    if (latest.size() == REMEMBERED) {
      latest.removeFirst();
    }
    latest.addLast(new Delivery(offset, offset + length, host));
  }

  /** Returns the host that was asked last for any byte of the range; null if that is forgotten. */
  public synchronized @Nullable RegistryHost last(long offset, long length) {
    Iterator<Delivery> newestFirst = latest.descendingIterator();
    while (newestFirst.hasNext()) {
      Delivery delivery = newestFirst.next();
      if (delivery.start < offset + length && offset < delivery.end) {
        return delivery.host;
      }
    }
    return null;
  }
}
