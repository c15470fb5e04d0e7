package dev.lazuli.snapshotter.convert;

import dev.lazuli.estargz.build.BuiltLayer.ExternalToc;
import dev.lazuli.snapshotter.registry.Descriptor;
import java.util.Optional;

/**
 * What became of a layer.
 *
 * @param how what was done
 * @param source the layer as it was
 * @param result the layer as it is
 * @param diffId digest of its tar; empty if that did not change
 * @param externalToc the blob with its TOC, if that is not in the layer
 */
public record ConvertedLayer(
    How how,
    Descriptor source,
    Descriptor result,
    Optional<String> diffId,
    Optional<ExternalToc> externalToc) {

  /** What was done with a layer. */
  public enum How {
    /** Written anew. */
    CONVERTED,
    /** Lazy in the wanted format already. */
    KEPT,
    /** No file system layer: an attestation, a chart, a layer that lies elsewhere. */
    PASSED
  }
}
