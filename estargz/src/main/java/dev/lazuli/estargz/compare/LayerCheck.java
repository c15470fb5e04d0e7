package dev.lazuli.estargz.compare;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.ChunkTableView;
import dev.lazuli.estargz.read.TarFollower;
import dev.lazuli.estargz.tar.TarFormatException;
import dev.lazuli.estargz.tar.TarInput;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.toc.TarIndexer;
import java.io.EOFException;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Follows one pass over a layer's blob and says afterwards where what the layer shows differs from
 * what its tar unpacks to. Until then it holds the tar's index and the place of each chunk, off the
 * heap. For the thread of the pass.
 */
public final class LayerCheck implements TarFollower, AutoCloseable {
  private final ChunkTableView chunks;
  private final TarIndexer indexer;
  private final OffHeapPlaces places;
  private @Nullable String problem;

  /**
   * Makes a check for one pass.
   *
   * @param share pays for the tar's index; closed with this, and the caller's if this fails
   * @param chunks the layer's, in the order of the data file; stays the caller's
   */
  public LayerCheck(Limits limits, IndexMemory.Share share, ChunkTableView chunks) {
    this.chunks = chunks;
    places = new OffHeapPlaces(chunks.chunkCount());
    boolean made = false;
    try {
      indexer = new TarIndexer(chunks.layer(), limits, share);
      made = true;
    } finally {
      if (!made) {
        places.close();
      }
    }
  }

  @Override
  public void follow(TarInput tar) throws IOException {
    try {
      indexer.read(tar);
    } catch (TarFormatException | LayerFormatException | EOFException e) {
      problem = String.valueOf(e.getMessage());
    }
  }

  @Override
  public void found(int chunk, long tarOffset) {
    places.set(chunk, tarOffset);
  }

  /**
   * Returns the first difference, in one line that names the path; empty if there is none, or if
   * the layer was indexed by other rules than ours. To be called once, after a pass that found
   * nothing wrong with the blob.
   *
   * @throws IOException if what the layer shows cannot be read, or there is no memory
   */
  public Optional<String> difference(ShownTree shown) throws IOException {
    if (!shown.followsOurRules()) {
      return Optional.empty();
    }
    var unreadable = problem;
    if (unreadable != null) {
      return Optional.of("its tar is not what it shows: " + unreadable);
    }
    try (var tar = indexer.build();
        var comparison = new TreeComparison(tar, shown, chunks, places)) {
      return comparison.difference();
    } catch (LayerFormatException e) {
      return Optional.of("its tar is not what it shows: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    indexer.close();
    places.close();
  }
}
