package dev.lazuli.snapshotter.convert;

import dev.lazuli.estargz.build.BuiltLayer;
import java.util.List;

/**
 * A converted layer in a file.
 *
 * @param layer what was written
 * @param warnings what its maker should know
 */
public record ConvertedFile(BuiltLayer layer, List<String> warnings) {
  /** Copies the warnings. */
  public ConvertedFile {
    warnings = List.copyOf(warnings);
  }
}
