package dev.lazuli.snapshotter.layers;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.proof.Finding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** One snapshot's claim on a shared layer. */
final class Claim implements RemoteLayer {
  private final SharedLayer layer;
  private final LayerRequest request;
  private final Trust trust;
  private final Runnable onLast;
  private final AtomicBoolean open = new AtomicBoolean(true);

  /**
   * Makes a claim that the layer has counted already.
   *
   * @param trust with which it was asked for: one made ahead does not count as the image's use
   * @param onLast releases it
   */
  Claim(SharedLayer layer, LayerRequest request, Trust trust, Runnable onLast) {
    this.layer = layer;
    this.request = request;
    this.trust = trust;
    this.onLast = onLast;
    if (trust != Trust.DEFERRED) {
      layer.images().add(request.reference());
    }
  }

  @Override
  public Digest digest() {
    return layer.digest();
  }

  @Override
  public LayerRequest request() {
    return layer.ifOpen().map(open -> request.withTocsOf(open.data().record())).orElse(request);
  }

  @Override
  public Path lowerDir() {
    return opened().directory();
  }

  @Override
  public LayerEntry.Directory root() {
    return opened().root();
  }

  @Override
  public boolean mayImplyDirectories() throws IOException {
    return opened().mayImplyDirectories();
  }

  @Override
  public Optional<Finding> finding() {
    return layer.ifOpen().flatMap(open -> open.truth().finding());
  }

  @Override
  public void confirmed() {
    if (finding().filter(found -> found.lie().isEmpty()).isPresent()) {
      layer.confirmed(request);
    }
  }

  @Override
  public boolean isSharedWith(String reference) {
    return layer.isSharedWith(reference);
  }

  @Override
  public boolean complete() {
    return opened().data().complete();
  }

  @Override
  public void check() throws IOException {
    layer.opened().check();
  }

  @Override
  public Usage usage() throws IOException {
    return layer.opened().usage();
  }

  private OpenLayer opened() {
    return layer
        .ifOpen()
        .orElseThrow(() -> new IllegalStateException("claim on " + digest() + " is closed"));
  }

  @Override
  public void close() {
    if (open.compareAndSet(true, false)) {
      if (trust != Trust.DEFERRED) {
        layer.images().remove(request.reference());
      }
      onLast.run();
    }
  }
}
