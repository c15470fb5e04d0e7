package dev.lazuli.estargz.compare;

import dev.lazuli.estargz.read.ChunkTableView;
import dev.lazuli.estargz.toc.FileType;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.IOException;
import java.util.Optional;

/**
 * Compares the content of files, by its place: the chunks that the table gives a file must be those
 * that lie in the tar where the file's content lies, and what the table leaves out must be zeros
 * there.
 */
final class ContentComparison {

  private final LayerIndex tar;
  private final ShownTree shown;
  private final ChunkTableView chunks;
  private final OffHeapPlaces places;
  private int used;

  ContentComparison(LayerIndex tar, ShownTree shown, ChunkTableView chunks, OffHeapPlaces places) {
    this.tar = tar;
    this.shown = shown;
    this.chunks = chunks;
    this.places = places;
  }

  /** Returns what differs, in words that follow the path; the two files have one size. */
  Optional<String> of(int inode, long file) throws IOException {
    if (FileType.of(tar.mode(inode)) != FileType.REGULAR || tar.size(inode) == 0) {
      return Optional.empty();
    }
    if (tar.isUncovered(inode)) {
      return Optional.of("is shown with zeros where its tar has content");
    }
    long start = shown.dataOffset(file);
    long inTar = tar.chunkBlobOffset(first(tar, tar.dataOffset(inode)));
    long end = start + tar.size(inode);
    for (int chunk = first(chunks, start);
        chunk < chunks.chunkCount() && chunks.chunkDataOffset(chunk) < end;
        chunk++) {
      used++;
      if (places.get(chunk) - inTar != chunks.chunkDataOffset(chunk) - start) {
        return Optional.of(
            "is shown with content that its tar has elsewhere: chunk %d lies at %d, not at %d"
                .formatted(
                    chunk, places.get(chunk), inTar + chunks.chunkDataOffset(chunk) - start));
      }
    }
    return Optional.empty();
  }

  /** A chunk of no file could stand in the tar for what a file has no chunk for. */
  Optional<String> unusedChunks() {
    return used == chunks.chunkCount()
        ? Optional.empty()
        : Optional.of("its table has chunks that belong to no file");
  }

  /** Returns the first chunk at a place of the data file or behind it. */
  private static int first(ChunkTableView chunks, long dataOffset) {
    int low = 0;
    int high = chunks.chunkCount();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (chunks.chunkDataOffset(middle) < dataOffset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
