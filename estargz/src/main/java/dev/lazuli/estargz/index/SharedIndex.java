package dev.lazuli.estargz.index;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.tar.TarFormatException;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.toc.LayerIndex;
import dev.lazuli.estargz.toc.TarIndexer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * An index that somebody else has made. Nothing of it is believed: the headers of its tar take the
 * way that those of a whole blob take, with the same limits, and everything that it says of the
 * blob stays within the blob. For one thread.
 */
public final class SharedIndex {
  private static final int BUFFER_BYTES = 8 << 10;

  /** Headers that every blob may have, however small it is. */
  private static final long FREE_HEADERS_BYTES = 32 << 20;

  private final FileChannel file;
  private final IndexFacts facts;
  private final String layer;

  private SharedIndex(FileChannel file, IndexFacts facts, String layer) {
    this.file = file;
    this.facts = facts;
    this.layer = layer;
  }

  /**
   * A layer as its index describes it, as if it had been read whole.
   *
   * @param dataSize of the data file in bytes
   */
  public record IndexedLayerTree(LayerIndex index, long dataSize) implements AutoCloseable {
    /** Frees the index. */
    @Override
    public void close() {
      index.close();
    }
  }

  /**
   * Opens an index.
   *
   * @param file stays the caller's
   * @param layer digest of the layer's blob
   * @throws LayerFormatException if it is not an index, or that of another layer
   */
  public static SharedIndex open(FileChannel file, Digest layer) throws IOException {
    var name = layer.toString();
    var bytes = new IndexPart(file, 0, IndexFacts.BYTES).readNBytes(IndexFacts.BYTES);
    var facts = IndexFacts.of(bytes, file.size(), name);
    if (!facts.layer().equals(layer)) {
      throw new LayerFormatException(name, "layer of its index", facts.layer(), name);
    }
    return new SharedIndex(file, facts, name);
  }

  /** Returns what the index says of itself. */
  public IndexFacts facts() {
    return facts;
  }

  /**
   * Reads the index.
   *
   * @param share pays for the tree; closed with it, or here if this fails
   * @param sink gets all chunks and starts, and no content
   * @throws LayerFormatException if it contradicts itself, or breaks a limit
   * @throws TarFormatException if its headers are not those of a layer
   * @throws IOException if it ends early, or the sink fails
   */
  public IndexedLayerTree read(Limits limits, IndexMemory.Share share, ContentSink sink)
      throws IOException {
    boolean done = false;
    try {
      requireHeaders(limits);
      var tree = readWithin(limits, share, sink);
      done = true;
      return tree;
    } catch (IllegalArgumentException e) {
      throw new LayerFormatException(layer, "index", "" + e.getMessage(), "numbers of a layer", e);
    } finally {
      if (!done) {
        share.close();
      }
    }
  }

  private void requireHeaders(Limits limits) throws LayerFormatException {
    long most =
        Math.min(limits.tocBytes(), FREE_HEADERS_BYTES + limits.tocRatio() * facts.blobBytes());
    if (facts.headersBytes() > most) {
      throw new LayerFormatException(
          layer, "bytes of headers in its index", facts.headersBytes(), "at most " + most);
    }
  }

  private IndexedLayerTree readWithin(Limits limits, IndexMemory.Share share, ContentSink sink)
      throws IOException {
    try (var endsInflater = new Inflater(/* nowrap= */ true)) {
      var headers =
          new HeaderBytes(
              new UnpackedHeaders(part(IndexFacts.BYTES, facts.packedHeadersBytes()), layer),
              facts.headersBytes());
      var places =
          new ReplayedChunks(
              facts,
              new ReplayedTar(headers),
              inflated(facts.endsAt(), facts.packedEndsBytes(), endsInflater),
              part(facts.digestsAt(), facts.chunks() * Digest.SHA256_BYTES),
              part(facts.startsAt(), facts.startsBytes()),
              limits,
              sink);
      try (var indexer = TarIndexer.placing(layer, limits, share, places)) {
        indexer.read(places.tar());
        places.finish();
        var index = indexer.build();
        return new IndexedLayerTree(index, Math.max(places.dataSize(), index.dataSize()));
      }
    }
  }

  private InputStream inflated(long at, long length, Inflater inflater) {
    return new InflaterInputStream(part(at, length), inflater, BUFFER_BYTES);
  }

  private InputStream part(long at, long length) {
    return new IndexPart(file, at, length);
  }
}
