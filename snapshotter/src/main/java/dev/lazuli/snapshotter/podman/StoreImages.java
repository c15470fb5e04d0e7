package dev.lazuli.snapshotter.podman;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.snapshotter.layers.LayerOrigin;
import dev.lazuli.snapshotter.layers.index.ListedImage;
import dev.lazuli.snapshotter.layers.index.ListedImage.ListedLayer;
import dev.lazuli.snapshotter.podman.StoredUse.NamedLayer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Which layer of its image a name means. What an image lists is remembered for a minute, since a
 * client asks for one layer after the other; a layer that is not listed there is looked for again,
 * because a tag may have moved. Safe for use by several threads.
 */
final class StoreImages {
  /** A usual image takes about 5 KiB of it. */
  private static final long MOST_BYTES = 1 << 20;

  /** Three digests, and the objects around them. */
  private static final int LAYER_BYTES = 700;

  private static final Duration REMEMBERED = Duration.ofMinutes(1);

  /** What was read this long ago is not read again to find nothing once more. */
  private static final Duration FRESH = Duration.ofSeconds(2);

  private final LayerOrigin origin;
  private final LongSupplier nanoTime;
  private final Cache<String, Image> images;

  StoreImages(LayerOrigin origin) {
    this(origin, System::nanoTime);
  }

  StoreImages(LayerOrigin origin, LongSupplier nanoTime) {
    this.origin = origin;
    this.nanoTime = nanoTime;
    this.images =
        Caffeine.newBuilder()
            .maximumWeight(MOST_BYTES)
            .weigher((String name, Image image) -> LAYER_BYTES + name.length() + image.bytes)
            .expireAfterAccess(REMEMBERED)
            .build();
  }

  /**
   * A layer of an image.
   *
   * @param chain its digest and those of the layers above it
   */
  record Found(NamedLayer layer, List<Digest> chain) {}

  /**
   * Finds a layer.
   *
   * @throws IOException if the image cannot be read, or lists no such layer
   */
  Found find(StoreName name) throws IOException {
    var image = images.get(name.image(), _ -> new Image());
    int before = image.bytes;
    try {
      return image.find(name);
    } finally {
      if (image.bytes != before) {
        images.put(name.image(), image); // To be weighed again.
      }
    }
  }

  /** One image; who wants it waits for who reads it. */
  private final class Image {
    private volatile int bytes;

    @GuardedBy("this")
    private @Nullable ListedImage listed;

    @GuardedBy("this")
    private @Nullable IOException failure;

    @GuardedBy("this")
    private long readAt;

    synchronized Found find(StoreName name) throws IOException {
      if (age() > REMEMBERED.toNanos()) {
        read(name);
      }
      var found = in(name);
      if (found.isEmpty() && age() > FRESH.toNanos()) {
        read(name);
        found = in(name);
      }
      if (found.isPresent()) {
        return found.get();
      }
      throw failure != null
          ? new IOException(failure.getMessage(), failure)
          : new IOException(name.image() + " has no layer with TOC digest " + name.toc());
    }

    @GuardedBy("this")
    private long age() {
      return listed == null && failure == null ? Long.MAX_VALUE : nanoTime.getAsLong() - readAt;
    }

    @GuardedBy("this")
    private void read(StoreName name) {
      listed = null;
      failure = null;
      try {
        listed =
            origin
                .image(name.image())
                .orElseThrow(() -> new IOException("no manifest of " + name.image()));
      } catch (IOException e) {
        failure = e;
      }
      bytes = listed == null ? 0 : LAYER_BYTES * listed.layers().size();
      readAt = nanoTime.getAsLong();
    }

    @GuardedBy("this")
    private Optional<Found> in(StoreName name) {
      var image = listed;
      return image == null
          ? Optional.empty()
          : image.layers().stream()
              .filter(layer -> layer.toc().filter(toc -> isOf(toc, name.toc())).isPresent())
              .findFirst()
              .map(layer -> new Found(named(image, layer), image.from(layer)));
    }
  }

  private static boolean isOf(TocTrust toc, Digest digest) {
    return switch (toc) {
      case TocTrust.Json json -> json.digest().equals(digest);
      case TocTrust.Compressed compressed -> compressed.digest().equals(digest);
      case TocTrust.Deferred _, TocTrust.Unverified _ -> false;
    };
  }

  private static NamedLayer named(ListedImage image, ListedLayer layer) {
    return new NamedLayer(
        layer.digest(),
        layer.size(),
        image.manifest(),
        layer.diffId(),
        layer.toc().filter(TocTrust.Compressed.class::isInstance).isPresent(),
        layer.isZstd());
  }
}
