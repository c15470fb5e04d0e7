package dev.lazuli.cache;

import dev.lazuli.digest.Digest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The layers of a store by digest and by slot. Thread-safe. */
final class Catalog {
  private final ConcurrentHashMap<Digest, StoredLayer> byDigest = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, StoredLayer> bySlot = new ConcurrentHashMap<>();

  private record Aged(StoredLayer layer, Instant lastUsed) {}

  void add(StoredLayer layer) {
    byDigest.put(layer.record().digest(), layer);
    bySlot.put(layer.record().slot(), layer);
  }

  void remove(StoredLayer layer) {
    byDigest.remove(layer.record().digest(), layer);
    bySlot.remove(layer.record().slot(), layer);
  }

  @Nullable StoredLayer find(Digest digest) {
    return byDigest.get(digest);
  }

  @Nullable StoredLayer bySlot(long slot) {
    return bySlot.get(slot);
  }

  Collection<StoredLayer> all() {
    return byDigest.values();
  }

  List<LayerRecord> records() {
    var records = new ArrayList<LayerRecord>();
    byDigest.values().forEach(layer -> records.add(layer.record()));
    return records;
  }

  long highestSlot() {
    return bySlot.keySet().stream().mapToLong(Long::longValue).max().orElse(0);
  }

  /** Returns the layers as they are used now, longest unused first. */
  List<StoredLayer> byLastUse() {
    var aged = new ArrayList<Aged>();
    byDigest.values().forEach(layer -> aged.add(new Aged(layer, layer.lastUsed())));
    aged.sort(Comparator.comparing(Aged::lastUsed));
    return aged.stream().map(Aged::layer).toList();
  }
}
