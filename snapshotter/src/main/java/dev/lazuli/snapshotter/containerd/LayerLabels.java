package dev.lazuli.snapshotter.containerd;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.registry.model.Descriptor;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The labels by which a snapshotter learns which layer a snapshot is to be, the same as other
 * clients send.
 */
final class LayerLabels {
  private static final String PREFIX = "containerd.io/snapshot/";
  private static final String REMOTE = PREFIX + "remote/";
  private static final String LAYERS = REMOTE + "stargz.layers";
  private static final String CRI = PREFIX + "cri.";
  private static final String MANIFEST = CRI + "manifest-digest";
  private static final String TARGET = "containerd.io/snapshot.ref";

  /** containerd refuses a label whose key and value together are longer. */
  private static final int MAX_LABEL_BYTES = 4096;

  // What the snapshotter says of a mounted layer. Clients send no labels with this prefix.
  private static final String SHOWN = "dev.lazuli/";
  private static final String SHOWN_IMAGE = SHOWN + "image";
  private static final String SHOWN_LAYER = SHOWN + "layer";
  private static final String SHOWN_TOC = SHOWN + "toc";
  private static final String SHOWN_PROVED = SHOWN + "proved";
  private static final String SHOWN_COMPRESSED_TOC = SHOWN + "compressed-toc";

  private static final String TOC_CHECKSUM = REMOTE + "zstd-chunked.manifest-checksum";

  private LayerLabels() {}

  /**
   * Returns normally if a snapshot was unpacked, is mounted as the very layer that an image's
   * manifest names, or was proved to hold what its chain ID stands for, in whatever compression.
   *
   * @param there labels of the snapshot, of which the snapshotter itself gives those that count
   * @throws IOException if it is another layer, or another table of contents
   */
  static void requireSame(Descriptor layer, String chainId, Map<String, String> there)
      throws IOException {
    var mounted = there.get(SHOWN_LAYER);
    if (mounted == null || chainId.equals(there.get(SHOWN_PROVED))) {
      return;
    }
    if (!mounted.equals(layer.digest().toString())) {
      throw other(layer, chainId, there, "layer " + mounted);
    }
    var toc =
        switch (toc(layer).orElse(null)) {
          case TocTrust.Json trust -> differs(there.get(SHOWN_TOC), trust.digest());
          case TocTrust.Compressed trust ->
              differs(there.get(SHOWN_COMPRESSED_TOC), trust.digest());
          case null, default -> null;
        };
    if (toc != null) {
      throw other(layer, chainId, there, "table of contents " + toc);
    }
  }

  private static @Nullable String differs(@Nullable String there, Digest wanted) {
    return there == null || there.equals(wanted.toString()) ? null : there;
  }

  private static IOException other(
      Descriptor layer, String chainId, Map<String, String> there, String what) {
    return new IOException(
        "layer %s: its snapshot %s is here, but mounted with %s of image %s, which may hold other files: remove that image first, or pull into another namespace"
            .formatted(layer.digest(), chainId, what, there.get(SHOWN_IMAGE)));
  }

  static boolean promisesToc(Descriptor layer) {
    return toc(layer).isPresent();
  }

  private static Optional<TocTrust> toc(Descriptor layer) {
    try {
      return TocTrust.fromAnnotations(layer.annotations());
    } catch (IllegalArgumentException _) {
      // What nobody can verify is pulled in the ordinary way.
      return Optional.empty();
    }
  }

  /**
   * Returns the labels of one layer.
   *
   * @param manifest digest of the manifest that names the layer: what it says of the layers above
   *     need not be asked of their blobs
   * @param above this layer and the ones above it
   */
  static Map<String, String> of(
      PullRequest request, Digest manifest, String chainId, List<Descriptor> above) {
    var layer = above.getFirst();
    var labels = new HashMap<String, String>();
    layer
        .annotations()
        .forEach(
            (key, value) -> {
              if (key.startsWith(PREFIX) && !isOfClients(key)) {
                labels.put(key, value);
              }
            });
    if (toc(layer).orElse(null) instanceof TocTrust.Compressed trust) {
      labels.put(TOC_CHECKSUM, trust.digest().toString());
    }
    labels.put(TARGET, chainId);
    labels.put(MANIFEST, manifest.toString());
    labels.put(REMOTE + "stargz.reference", request.reference().toString());
    labels.put(REMOTE + "stargz.digest", layer.digest().toString());
    labels.put(LAYERS, join(above));
    labels.put(REMOTE + "stargz.prefetch", Long.toString(request.prefetchBytes()));
    if (!layer.urls().isEmpty()) {
      labels.put(REMOTE + "urls", String.join(",", layer.urls()));
    }
    if (request.skipVerification()) {
      labels.put(REMOTE + "stargz.skipverify", "true");
    }
    return labels;
  }

  /** Returns whether clients say by a label which image and layer they mean: no image may. */
  private static boolean isOfClients(String key) {
    return key.startsWith(CRI) || key.startsWith(REMOTE);
  }

  // Cut short rather than refused: the layers left out are just not mounted ahead.
  private static String join(List<Descriptor> layers) {
    var joined = new StringBuilder();
    for (var layer : layers) {
      var next = (joined.isEmpty() ? "" : ",") + layer.digest();
      if (LAYERS.length() + joined.length() + next.length() > MAX_LABEL_BYTES) {
        break;
      }
      joined.append(next);
    }
    return joined.toString();
  }
}
