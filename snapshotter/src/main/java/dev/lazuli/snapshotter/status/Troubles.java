package dev.lazuli.snapshotter.status;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The newest troubles, one for each kind and snapshot, a limited number. What has ended well is
 * taken off. Thread-safe.
 */
public final class Troubles {
  private static final int MOST = 100;

  /** Longer reasons would not help, and registries may send anything. */
  private static final int MOST_REASON = 1000;

  private record Key(Trouble.Kind kind, String snapshot) {}

  private final InstantSource clock;

  @GuardedBy("this")
  private final LinkedHashMap<Key, Trouble> newest = new LinkedHashMap<>();

  /** Makes an empty list. */
  public Troubles(InstantSource clock) {
    this.clock = clock;
  }

  /** Notes that something failed, once more or for the first time; returns what is known of it. */
  @CanIgnoreReturnValue
  public synchronized Trouble failed(
      Trouble.Kind kind, String layer, String image, String snapshot, String reason) {
    var key = new Key(kind, snapshot);
    var before = newest.remove(key);
    int times = before == null ? 1 : before.times() + 1;
    var cut = reason.length() > MOST_REASON ? reason.substring(0, MOST_REASON) + "..." : reason;
    var trouble = new Trouble(kind, layer, image, snapshot, cut, clock.instant(), times);
    newest.put(key, trouble);
    if (newest.size() > MOST) {
      newest.remove(leastImportant());
    }
    return trouble;
  }

  /** What the configuration wants must not push out what went wrong. */
  @GuardedBy("this")
  private Key leastImportant() {
    return newest.keySet().stream()
        .filter(key -> key.kind() == Trouble.Kind.POLICY)
        .findFirst()
        .orElse(newest.firstEntry().getKey());
  }

  /**
   * Notes that it works now, or that nobody wants it any more.
   *
   * @return whether it failed before
   */
  @CanIgnoreReturnValue
  public synchronized boolean ended(Trouble.Kind kind, String snapshot) {
    return newest.remove(new Key(kind, snapshot)) != null;
  }

  /** Returns them, the newest first. */
  public synchronized List<Trouble> list() {
    return List.copyOf(newest.sequencedValues().reversed());
  }

  /** Returns how many there are of each kind. */
  public synchronized Map<Trouble.Kind, Long> counts() {
    var counts = new EnumMap<Trouble.Kind, Long>(Trouble.Kind.class);
    for (var kind : Trouble.Kind.values()) {
      counts.put(kind, newest.keySet().stream().filter(key -> key.kind() == kind).count());
    }
    return counts;
  }
}
