package dev.lazuli.snapshotter.start;

import static java.util.Comparator.comparingLong;

import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.cache.LayerData;
import dev.lazuli.snapshotter.fetch.LayerFetch;
import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A layer of the image that is about to start, with handles of its own on what is stored of it: it
 * may be unmounted meanwhile, then its fetching ends with an error and nothing else happens.
 */
public final class StartLayer implements AutoCloseable {
  private final LayerData data;
  private final ErofsImage image;
  private final LayerFetch fetch;

  private StartLayer(LayerData data, ErofsImage image, LayerFetch fetch) {
    this.data = data;
    this.image = image;
    this.fetch = fetch;
  }

  /**
   * Opens handles on a layer.
   *
   * @param data stays the caller's
   * @throws IOException if the layer is being removed, or its metadata image cannot be read
   */
  @SuppressWarnings("MustBeClosed") // Goes with what is returned, or we close it.
  public static StartLayer of(LayerData data, LayerFetch fetch) throws IOException {
    LayerData own = data.share();
    try {
      return new StartLayer(own, ErofsImage.open(own.metaPath()), fetch);
    } catch (IOException | RuntimeException e) {
      own.close();
      throw e;
    }
  }

  /** Returns the slot by which the layer is served. */
  long slot() {
    return data.slot();
  }

  ErofsImage image() {
    return image;
  }

  /**
   * A part of the data file.
   *
   * @param offset its first byte
   * @param length in bytes, at least 1
   */
  record Extent(long offset, long length) {}

  /** Fetches what is missing of some parts of the data file, at prefetch priority. */
  CompletableFuture<Void> prefetch(List<Extent> extents) {
    var chunks = data.chunks();
    var runs = new ArrayList<ChunkRun>();
    int end = 0;
    for (Extent extent : extents.stream().sorted(comparingLong(Extent::offset)).toList()) {
      int from = Math.max(end, chunks.firstEndingAfter(extent.offset()));
      int to = chunks.firstStartingFrom(extent.offset() + extent.length());
      if (from < to) {
        runs.add(new ChunkRun(from, to));
        end = to;
      }
    }
    return fetch.prefetch(runs);
  }

  /** Returns whether a range of the data file is present. */
  boolean isPresent(long offset, long length) {
    return data.firstMissing(offset, length) < 0;
  }

  /** Completes when an extent is present; fetches nothing for it. */
  CompletableFuture<Void> whenPresent(Extent extent) {
    var chunks = data.chunks();
    return fetch.whenPresent(
        chunks.firstEndingAfter(extent.offset()),
        chunks.firstStartingFrom(extent.offset() + extent.length()));
  }

  /** Returns how many bytes of a range of the data file's chunks would cross the network. */
  long blobBytes(long offset, long length) {
    var chunks = data.chunks();
    int from = chunks.firstEndingAfter(offset);
    int to = chunks.firstStartingFrom(offset + length);
    return from >= to ? 0 : Math.max(0, chunks.blobEnd(to - 1) - chunks.blobOffset(from));
  }

  /** Returns the size of the chunk that has a byte of the data file. */
  long chunkBytes(long offset) {
    return data.chunks().size(data.chunks().firstEndingAfter(offset));
  }

  void read(long offset, ByteBuffer into) throws IOException {
    data.read(offset, into);
  }

  @Override
  public void close() {
    image.close();
    data.close();
  }
}
