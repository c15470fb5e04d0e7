package dev.lazuli.estargz.footer;

import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import java.util.Optional;

/**
 * What a layer's last bytes say.
 *
 * @param format the layer's format
 * @param tocOffset where the compressed TOC starts in the blob; -1 if it lies in another blob
 * @param tocEnd where it ends, exclusive; -1 if it lies in another blob
 * @param payloadEnd where the compressed files end, exclusive
 */
public record Footer(LayerFormat format, long tocOffset, long tocEnd, long payloadEnd) {
  /** The longest footer's size in bytes. */
  public static final int MAX_BYTES = ZstdFooters.CONTAINERS_BYTES;

  /**
   * Recognises the footer of a blob.
   *
   * @param layer which layer, for messages
   * @param tail the last bytes of the blob, {@link #MAX_BYTES} or more unless the blob is smaller
   * @param blobSize size of the blob in bytes
   * @return empty if there is no known footer, that is, if the blob is not a lazy layer
   * @throws LayerFormatException if there is one, but it points out of the blob or over a limit
   */
  public static Optional<Footer> find(String layer, byte[] tail, long blobSize, Limits limits)
      throws LayerFormatException {
    var gzip = GzipFooters.find(layer, tail, blobSize);
    var found = gzip.isPresent() ? gzip : ZstdFooters.find(layer, tail, blobSize, limits);
    if (found.isPresent() && found.get().tocOffset() >= 0) {
      check(layer, found.get(), limits);
    }
    return found;
  }

  private static void check(String layer, Footer footer, Limits limits)
      throws LayerFormatException {
    var bytes = footer.tocEnd() - footer.tocOffset();
    if (bytes > limits.tocCompressedBytes()) {
      throw new LayerFormatException(
          layer, "compressed TOC bytes", bytes, "at most " + limits.tocCompressedBytes());
    }
  }
}
