package dev.lazuli.snapshotter.knowledge;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.cache.LayerData;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** Writes the index of a stored layer. For one thread. */
final class IndexWriter {
  private static final int LEVEL = 6;
  private static final int BUFFER_BYTES = 8 << 10;

  private final LayerData layer;
  private final Digest diffId;
  private final long metaVersion;
  private final HashedOutput out;

  private IndexWriter(LayerData layer, Digest diffId, long metaVersion, FileChannel file) {
    this.layer = layer;
    this.diffId = diffId;
    this.metaVersion = metaVersion;
    this.out = new HashedOutput(file);
  }

  /**
   * Writes a file and syncs it.
   *
   * @param diffId of the layer's tar, which was proved
   * @param metaVersion as {@link IndexFile#metaVersion}
   * @param file empty
   */
  static void write(LayerData layer, Digest diffId, long metaVersion, FileChannel file)
      throws IOException {
    new IndexWriter(layer, diffId, metaVersion, file).write();
    file.force(true);
  }

  private void write() throws IOException {
    var record = layer.record();
    out.write(String.join("\n", record.references()).getBytes(UTF_8));
    long references = out.count();
    long metaBytes = Files.size(layer.metaPath());
    try (var meta = Files.newInputStream(layer.metaPath())) {
      deflate(meta::transferTo);
    }
    long meta = out.count() - references;
    deflate(packed -> PackedChunks.write(layer.chunks(), packed));
    long chunks = out.count() - references - meta;
    writeDigests();
    long starts = writeStarts();
    var facts =
        new IndexFile(
            record.digest(),
            diffId,
            record.size(),
            layer.dataSize(),
            layer.chunks().count(),
            references,
            meta,
            metaBytes,
            chunks,
            starts,
            Compression.named(record.digest().toString(), record.compression()),
            metaVersion);
    out.write(facts.facts());
    out.end();
  }

  private interface DeflatedPart {
    void writeTo(OutputStream out) throws IOException;
  }

  private void deflate(DeflatedPart content) throws IOException {
    try (var deflater = new Deflater(LEVEL, /* nowrap= */ true)) {
      var packed = new DeflaterOutputStream(out, deflater, BUFFER_BYTES);
      content.writeTo(packed);
      packed.finish();
    }
  }

  private void writeDigests() throws IOException {
    byte[] sha256 = new byte[IndexFile.DIGEST_BYTES];
    for (int chunk = 0; chunk < layer.chunks().count(); chunk++) {
      layer.chunks().digest(chunk, sha256);
      out.write(sha256, 0, sha256.length);
    }
  }

  private long writeStarts() throws IOException {
    Path file = layer.startsPath();
    if (layer.starts().count() == 0) {
      return 0;
    }
    try (InputStream starts = Files.newInputStream(file)) {
      return starts.transferTo(out);
    }
  }
}
