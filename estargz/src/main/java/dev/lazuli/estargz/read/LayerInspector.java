package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.toc.FileType;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.IOException;
import java.io.OutputStream;

/** Says what lazy layers are, for people. Safe for any thread. */
public final class LayerInspector implements AutoCloseable {
  private final LayerOpener opener;

  /** Makes an inspector with empty pools. */
  public LayerInspector(Limits limits) {
    opener = new LayerOpener(limits);
  }

  /**
   * Describes a layer; reads its TOC twice.
   *
   * @throws IOException as {@link LayerOpener#open}
   */
  public LayerDescription describe(OpenRequest request) throws IOException {
    var toc = opener.read(request, json -> {});
    try (var index = opener.open(request)) {
      var footer = toc.footer();
      return new LayerDescription(
          footer.format(),
          request.blob().size(),
          toc.digest(),
          footer.tocOffset(),
          footer.tocEnd() - footer.tocOffset(),
          toc.bytes(),
          count(index, FileType.DIRECTORY),
          count(index, FileType.REGULAR),
          count(index, FileType.SYMLINK),
          count(index, FileType.CHARACTER_DEVICE)
              + count(index, FileType.BLOCK_DEVICE)
              + count(index, FileType.FIFO),
          index.chunkCount(),
          fileBytes(index),
          index.dataSize(),
          index.prefetchEnd());
    }
  }

  private static int count(LayerIndex index, int type) {
    var count = 0;
    for (int inode = 0; inode < index.inodeCount(); inode++) {
      if (FileType.of(index.mode(inode)) == type) {
        count++;
      }
    }
    return count;
  }

  private static long fileBytes(LayerIndex index) {
    var bytes = 0L;
    for (int inode = 0; inode < index.inodeCount(); inode++) {
      if (FileType.of(index.mode(inode)) == FileType.REGULAR) {
        bytes += index.size(inode);
      }
    }
    return bytes;
  }

  /**
   * Writes a layer's TOC, the JSON as it is. It is compared with the trusted digest at its end
   * only: if this fails, do not trust what was written.
   *
   * @return the JSON's digest
   * @throws DigestMismatchException if the TOC is not the one that is trusted
   * @throws IOException if the layer cannot be read or the output fails
   */
  public Digest writeToc(OpenRequest request, OutputStream out) throws IOException {
    return opener.read(request, json -> json.transferTo(out)).digest();
  }

  /** Frees the pooled decompressors. */
  @Override
  public void close() {
    opener.close();
  }
}
