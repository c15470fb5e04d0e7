package dev.lazuli.snapshotter.podman;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lazuli.bridge.fuse.StoreHandler;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import dev.lazuli.snapshotter.podman.StoredUse.NamedLayer;
import dev.lazuli.snapshotter.proof.Finding;
import java.nio.file.Path;
import java.util.Optional;

/** A layer of the store that is mounted: the store's claim on it. Safe for several threads. */
final class HeldLayer implements StoreHandler.View, AutoCloseable {
  /** {@code archive.Gzip} and {@code archive.Zstd} of the library that reads it. */
  private static final int GZIP = 2;

  private static final int ZSTD = 4;

  private final StoreName name;
  private final NamedLayer layer;
  private final RemoteLayer claim;
  private final Optional<String> ban;
  private volatile Path lastTree;
  private volatile long lastAsked;

  /**
   * Takes a claim over.
   *
   * @param ban why the layer was banned on this node before, if it was
   * @param now as {@link System#nanoTime} counts
   */
  HeldLayer(StoreName name, NamedLayer layer, RemoteLayer claim, Optional<String> ban, long now) {
    this.name = name;
    this.layer = layer;
    this.claim = claim;
    this.ban = ban;
    this.lastTree = claim.lowerDir();
    this.lastAsked = now;
  }

  StoreName name() {
    return name;
  }

  NamedLayer layer() {
    return layer;
  }

  /** Returns what was mounted. */
  LayerRequest request() {
    return claim.request();
  }

  void asked(long now) {
    lastAsked = now;
  }

  long lastAsked() {
    return lastAsked;
  }

  /** Returns whether anything is known of what it holds, good or bad. */
  boolean isJudged() {
    return ban.isPresent() || claim.finding().isPresent();
  }

  /** Returns why the layer is not what its image says, if that was found, now or before. */
  Optional<String> lie() {
    return ban.or(() -> claim.finding().flatMap(this::lieBy));
  }

  /** Returns why it is not, by what was found. */
  Optional<String> lieBy(Finding finding) {
    return finding
        .lie()
        .or(
            () ->
                finding
                    .diffId()
                    .filter(actual -> !actual.equals(layer.diffId()))
                    .map(
                        actual ->
                            "its tar is %s, and its image says %s"
                                .formatted(actual, layer.diffId())));
  }

  /** It moves once the layer is complete; whoever asks just when it goes gets its last place. */
  @Override
  public Path tree() {
    try {
      lastTree = claim.lowerDir();
    } catch (IllegalStateException _) {
      // Closed.
    }
    return lastTree;
  }

  /**
   * The library takes digests that are said here as proved, and finds layers of other images by
   * them: they are told only once they are.
   */
  @Override
  public byte[] info() {
    var proved =
        claim.finding().flatMap(Finding::diffId).isPresent()
            ? "\"compressed-diff-digest\":\"%s\",\"diff-digest\":\"%s\","
                .formatted(layer.digest(), layer.diffId())
            : "";
    return """
    {%s"compressed-size":%d,"diff-size":-1,"compression":%d,"toc-digest":"%s",\
    "flags":{"expected-layer-diffid":"%s"}}
    """
        .formatted(
            proved, layer.blobSize(), layer.isZstd() ? ZSTD : GZIP, name.toc(), layer.diffId())
        .getBytes(US_ASCII);
  }

  @Override
  public long blobSize() {
    return layer.blobSize();
  }

  @Override
  public void close() {
    claim.close();
  }
}
