package dev.lazuli.snapshotter.layers;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.digest.Digest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The layers of this node, by digest, each while somebody uses it. Thread-safe. */
final class LayersInUse {
  /** A layer and how many use it, which the map's lock guards. */
  private static final class Entry {
    final SharedLayer layer;
    int users;

    Entry(SharedLayer layer) {
      this.layer = layer;
    }
  }

  private final Function<Digest, SharedLayer> maker;

  @GuardedBy("this")
  private final Map<Digest, Entry> entries = new HashMap<>();

  /** Makes layers that nobody uses yet by {@code maker}, which must not wait. */
  LayersInUse(Function<Digest, SharedLayer> maker) {
    this.maker = maker;
  }

  /** Returns a layer to its user, who has to {@link #leave} it. */
  synchronized SharedLayer use(Digest digest) {
    var entry = entries.computeIfAbsent(digest, key -> new Entry(maker.apply(key)));
    entry.users++;
    return entry.layer;
  }

  /** Takes back one {@link #use}. */
  synchronized void leave(Digest digest) {
    var entry = entries.get(digest);
    if (entry != null && --entry.users == 0) {
      entries.remove(digest);
    }
  }

  /** Returns a layer while somebody uses it. */
  synchronized Optional<SharedLayer> find(Digest digest) {
    return Optional.ofNullable(entries.get(digest)).map(entry -> entry.layer);
  }

  synchronized List<SharedLayer> all() {
    return entries.values().stream().map(entry -> entry.layer).toList();
  }

  /** Forgets all of them, whoever uses them. */
  synchronized void clear() {
    entries.clear();
  }
}
