package dev.lazuli.snapshotter.bulk;

import dev.lazuli.estargz.toc.LayerIndex;
import java.io.IOException;
import java.nio.file.Path;

/** Makes a layer's metadata image. */
@FunctionalInterface
public interface TreeWriter {
  /**
   * Writes the image.
   *
   * @param index what the layer holds
   * @param dataSize of its data file in bytes
   * @param file where the image is to be; there is none yet
   * @throws IOException if it cannot be written, or the index holds what no image can
   */
  void write(LayerIndex index, long dataSize, Path file) throws IOException;
}
