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
import java.io.UncheckedIOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Follows one pass over a layer's blob and says afterwards where what the layer shows differs from
 * what its tar unpacks to. Until then it holds the tar's index and the place of each chunk, off the
 * heap, within its share of the memory for indexes. For the thread of the pass.
 */
public final class LayerCheck implements TarFollower, AutoCloseable {
  private final IndexMemory.Share share;
  private final ChunkTableView chunks;
  private final TarIndexer indexer;
  private final OffHeapPlaces places;
  private @Nullable String problem;

  /**
   * Makes a check for one pass.
   *
   * @param share pays for all of it; closed with this, and the caller's if this fails
   * @param chunks the layer's, in the order of the data file; stays the caller's
   * @throws IOException if the share is too small for the places of the chunks
   */
  public LayerCheck(Limits limits, IndexMemory.Share share, ChunkTableView chunks)
      throws IOException {
    this.share = share;
    this.chunks = chunks;
    places = new OffHeapPlaces(chunks.chunkCount(), share);
    boolean made = false;
    try {
      indexer = new TarIndexer(chunks.layer(), limits, share);
      made = true;
    } catch (UncheckedIOException e) {
      throw e.getCause();
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
      problem = wrong(e);
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
        // With the index the share ends, and all that it pays for.
        var known = places;
        var comparison = new TreeComparison(tar, shown, chunks, known, share)) {
      return comparison.difference();
    } catch (LayerFormatException e) {
      return Optional.of("its tar is not what it shows: " + wrong(e));
    }
  }

  /**
   * Returns what is wrong with the tar.
   *
   * @throws IOException if it may as well be right: there is not enough memory to tell
   */
  private String wrong(IOException reason) throws IOException {
    if (share.isRefused()) {
      throw new IOException("its files cannot be compared: " + reason.getMessage(), reason);
    }
    return String.valueOf(reason.getMessage());
  }

  @Override
  public void close() {
    places.close();
    indexer.close();
  }
}
