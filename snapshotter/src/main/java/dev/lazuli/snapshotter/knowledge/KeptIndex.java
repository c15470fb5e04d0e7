package dev.lazuli.snapshotter.knowledge;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerProof;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.NewLayer;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.index.IndexPart;
import dev.lazuli.snapshotter.bulk.UnindexedLayer;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/** A kept index that was read and is what was written. For one thread. */
final class KeptIndex implements AutoCloseable {
  private static final int MOST_REFERENCES_BYTES = 1 << 20;
  private static final int BUFFER_BYTES = 8 << 10;

  private final FileChannel file;
  private final IndexFile facts;
  private final List<String> references;

  private KeptIndex(FileChannel file, IndexFile facts, List<String> references) {
    this.file = file;
    this.facts = facts;
    this.references = references;
  }

  /**
   * Opens an index and reads it once, to see that nothing has changed it.
   *
   * @param metaVersion as {@link IndexFile#metaVersion}
   * @throws CorruptIndexException if it is not what was written, or that of another layer or
   *     version
   * @throws IOException if it cannot be read
   */
  @MustBeClosed
  static KeptIndex open(Path path, Digest layer, long metaVersion) throws IOException {
    var file = FileChannel.open(path);
    boolean done = false;
    try {
      long size = file.size();
      long factsAt = size - IndexFile.FACTS_BYTES - IndexFile.DIGEST_BYTES;
      if (factsAt < 0 || !isWhole(file, size - IndexFile.DIGEST_BYTES)) {
        throw new CorruptIndexException(path, "its checksum differs");
      }
      var facts =
          IndexFile.of(bytes(file, factsAt, IndexFile.FACTS_BYTES), size)
              .filter(found -> found.layer().equals(layer))
              .filter(found -> found.referencesBytes() <= MOST_REFERENCES_BYTES)
              .orElseThrow(() -> new CorruptIndexException(path, "it belongs to another layer"));
      if (facts.metaVersion() != metaVersion) {
        throw new CorruptIndexException(path, "another version of Lazuli has made it");
      }
      var text = new String(bytes(file, 0, (int) facts.referencesBytes()), UTF_8);
      var index = new KeptIndex(file, facts, text.lines().toList());
      done = true;
      return index;
    } finally {
      if (!done) {
        file.close();
      }
    }
  }

  private static boolean isWhole(FileChannel file, long length) throws IOException {
    var sha256 = Digest.newSha256();
    byte[] buffer = new byte[64 << 10];
    var all = new IndexPart(file, 0, length);
    for (int count; (count = all.read(buffer, 0, buffer.length)) >= 0; ) {
      sha256.update(buffer, 0, count);
    }
    return Arrays.equals(sha256.digest(), bytes(file, length, IndexFile.DIGEST_BYTES));
  }

  private static byte[] bytes(FileChannel file, long at, int count) throws IOException {
    return new IndexPart(file, at, count).readNBytes(count);
  }

  /** Returns the size of the layer's blob in bytes. */
  long blobBytes() {
    return facts.blobBytes();
  }

  /**
   * Adds the layer to a store, with no content, proved as it was when the index was made.
   *
   * @return a handle on the layer
   * @throws IOException if that fails; nothing is left of it
   */
  @MustBeClosed
  LayerData addTo(LayerStore store, Instant now) throws IOException {
    var record = UnindexedLayer.record(facts.layer(), facts.blobBytes(), facts.compression(), null);
    for (var reference : references) {
      record = record.withReference(reference);
    }
    try (var layer = store.create(record)) {
      fill(layer);
      return layer.commitProved(new LayerProof(facts.diffId(), null, now));
    } catch (IllegalArgumentException e) {
      throw new IOException("kept index of layer %s: %s".formatted(facts.layer(), e), e);
    }
  }

  private void fill(NewLayer layer) throws IOException {
    try (var inflater = new Inflater(/* nowrap= */ true);
        var meta = inflated(facts.metaAt(), facts.packedMetaBytes(), inflater)) {
      copy(meta, facts.metaBytes(), layer.meta());
    }
    try (var inflater = new Inflater(/* nowrap= */ true);
        var packed = inflated(facts.chunksAt(), facts.packedChunksBytes(), inflater);
        var digests = part(facts.digestsAt(), facts.chunks() * IndexFile.DIGEST_BYTES)) {
      PackedChunks.read(packed, digests, facts.chunks(), layer.chunks());
    }
    layer.chunks().dataSize(facts.dataBytes());
    if (facts.startsBytes() > 0) {
      try (var starts = part(facts.startsAt(), facts.startsBytes())) {
        copy(starts, facts.startsBytes(), layer.startsPath());
      }
    }
  }

  private InputStream inflated(long at, long length, Inflater inflater) {
    return new InflaterInputStream(part(at, length), inflater, BUFFER_BYTES);
  }

  private InputStream part(long at, long length) {
    return new IndexPart(file, at, length);
  }

  /** Copies as many bytes as are expected, and not one more. */
  private static void copy(InputStream from, long expected, Path to) throws IOException {
    long left = expected;
    byte[] buffer = new byte[BUFFER_BYTES];
    try (var out = Files.newOutputStream(to)) {
      while (left > 0) {
        int count = from.read(buffer, 0, (int) Math.min(left, buffer.length));
        if (count < 0) {
          throw new EOFException("%s ends %d bytes early".formatted(to.getFileName(), left));
        }
        out.write(buffer, 0, count);
        left -= count;
      }
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
