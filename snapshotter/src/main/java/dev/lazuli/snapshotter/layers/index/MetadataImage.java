package dev.lazuli.snapshotter.layers.index;

import dev.lazuli.bridge.erofs.ErofsWriter;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.IOException;
import java.nio.file.Path;

/** Makes a layer's {@code meta.erofs} from its index, however that came about. */
public final class MetadataImage {
  /**
   * To be raised when the same index would give another image, and an image that was kept may not
   * be used any longer: when a mistake was mended.
   */
  public static final int VERSION = 1;

  private MetadataImage() {}

  /**
   * Writes the image.
   *
   * @param dataSize of the layer's data file in bytes
   * @throws IOException if it cannot be written, or the index holds what no image can
   */
  public static void write(LayerIndex index, long dataSize, Path file) throws IOException {
    ErofsWriter.write(new IndexedTree(index), dataSize, file);
  }
}
