package dev.lazuli.snapshotter.convert;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.build.BuiltLayer;
import dev.lazuli.estargz.build.BuiltLayer.ExternalToc;
import dev.lazuli.registry.model.Descriptor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What became of a layer's bytes.
 *
 * @param how what was done
 * @param source the blob as it was
 * @param result the blob as it is; its type is empty where that did not change, its annotations are
 *     those that make pullers read it lazily
 * @param diffId digest of its tar; empty if that did not change
 * @param externalToc the blob with its TOC, if that is not in the layer
 * @param warnings what its maker should know
 */
public record ConvertedLayer(
    How how,
    Descriptor source,
    Descriptor result,
    Optional<String> diffId,
    Optional<ExternalToc> externalToc,
    List<String> warnings) {

  /** Copies the warnings. */
  public ConvertedLayer {
    warnings = List.copyOf(warnings);
  }

  /** What was done with a layer. */
  public enum How {
    /** Written anew. */
    CONVERTED,
    /** Lazy in the wanted format already. */
    KEPT,
    /** Not a file system layer: an attestation, a chart, a layer that is stored elsewhere. */
    PASSED
  }

  /** Returns a layer that stays as it is. */
  static ConvertedLayer unchanged(How how, Descriptor blob, Map<String, String> lazyFacts) {
    var result = new Descriptor("", blob.digest(), blob.size(), lazyFacts, List.of(), null, null);
    return new ConvertedLayer(how, blob, result, Optional.empty(), Optional.empty(), List.of());
  }

  /** Returns a layer that was rewritten. */
  static ConvertedLayer built(Descriptor blob, BuiltLayer built, List<String> warnings) {
    var result =
        new Descriptor(
            built.mediaType(),
            Digest.parse(built.digest().toString()),
            built.size(),
            built.annotations(),
            List.of(),
            null,
            null);
    return new ConvertedLayer(
        How.CONVERTED,
        blob,
        result,
        Optional.of(built.diffId().toString()),
        built.externalToc(),
        warnings);
  }
}
