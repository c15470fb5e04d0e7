package dev.lazuli.snapshotter.layers;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All layers of this node that are in use, by digest. */
public final class Layers implements RemoteLayers, AutoCloseable {
  private static final class Entry {
    final SharedLayer layer;
    int users;

    Entry(SharedLayer layer) {
      this.layer = layer;
    }
  }

  private final LayerParts parts;
  private final Map<String, Entry> entries = new HashMap<>();

  Layers(LayerParts parts) {
    this.parts = parts;
  }

  @Override
  public RemoteLayer mount(LayerRequest request) throws IOException, InterruptedException {
    return claim(request, Trust.REQUIRED);
  }

  @Override
  public RemoteLayer mountAhead(LayerRequest request) throws IOException, InterruptedException {
    return claim(request, Trust.DEFERRED);
  }

  @Override
  public RemoteLayer restore(LayerRequest request) throws IOException, InterruptedException {
    return claim(request, Trust.REQUIRED);
  }

  private RemoteLayer claim(LayerRequest request, Trust trust)
      throws IOException, InterruptedException {
    var layer = use(request.digest());
    try {
      layer.claim(request, trust);
    } catch (IOException | InterruptedException | RuntimeException e) {
      leave(request.digest());
      throw e;
    }
    return new Claim(layer, () -> release(layer));
  }

  private void release(SharedLayer layer) {
    layer.release();
    leave(layer.digest());
  }

  private synchronized SharedLayer use(String digest) {
    var entry = entries.computeIfAbsent(digest, key -> new Entry(new SharedLayer(key, parts)));
    entry.users++;
    return entry.layer;
  }

  private synchronized void leave(String digest) {
    var entry = entries.get(digest);
    if (entry != null && --entry.users == 0) {
      entries.remove(digest);
    }
  }

  private synchronized List<SharedLayer> all() {
    return entries.values().stream().map(entry -> entry.layer).toList();
  }

  /** Unmounts everything and keeps what is stored. Idempotent. */
  @Override
  public void close() {
    all().forEach(SharedLayer::stop);
    synchronized (this) {
      entries.clear();
    }
  }
}
