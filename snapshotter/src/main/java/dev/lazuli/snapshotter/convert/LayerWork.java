package dev.lazuli.snapshotter.convert;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageManifest;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * All that decides what becomes of a layer's bytes, and nothing else: layers that are equal in it
 * are brought over once. What else a descriptor says belongs to its place in its manifest.
 *
 * @param digest of the blob
 * @param size of the blob in bytes
 * @param way what is done with it
 * @param lazyFacts annotations that make pullers read it lazily
 */
record LayerWork(Digest digest, long size, Treatment way, Map<String, String> lazyFacts) {
  /** Annotations that speak of a lazy layer's bytes. */
  static final Set<String> LAZY_FACTS =
      Set.of(
          Annotations.TOC_DIGEST,
          Annotations.UNCOMPRESSED_SIZE,
          Annotations.STARGZ_CHECKSUM,
          Annotations.STARGZ_POSITION,
          Annotations.CONTAINERS_CHECKSUM,
          Annotations.CONTAINERS_POSITION);

  /** What is done with a layer. */
  enum Treatment {
    /** It is a file system layer of an image: it becomes lazy. */
    CONVERT,
    /** Its bytes are left alone. */
    COPY,
    /** Its bytes are elsewhere. */
    LEAVE
  }

  /** Returns the work on a layer in its manifest. */
  static LayerWork of(ImageManifest manifest, Descriptor layer) {
    var way = way(manifest, layer);
    Map<String, String> facts = new TreeMap<>();
    if (way == Treatment.CONVERT) {
      facts.putAll(layer.annotations());
      facts.keySet().retainAll(LAZY_FACTS);
    }
    return new LayerWork(layer.digest(), layer.size(), way, facts);
  }

  private static Treatment way(ImageManifest manifest, Descriptor layer) {
    if (LayerTypes.isForeign(layer.mediaType())) {
      return Treatment.LEAVE;
    }
    return LayerTypes.isImageConfig(manifest.config().mediaType())
            && LayerTypes.isLayer(layer.mediaType())
        ? Treatment.CONVERT
        : Treatment.COPY;
  }

  /** Returns the blob's descriptor, for those who read it. */
  Descriptor blob() {
    return new Descriptor("", digest, size);
  }
}
