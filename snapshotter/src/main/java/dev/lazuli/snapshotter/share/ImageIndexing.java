package dev.lazuli.snapshotter.share;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.index.IndexRecorder;
import dev.lazuli.estargz.read.LayerUnpacker;
import dev.lazuli.estargz.tar.TarFormatException;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.registry.model.Descriptor;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Makes indexes of layers, each in one pass over its blob as it comes from its registry: neither
 * the blob nor what it unpacks to is kept. For one thread.
 */
public final class ImageIndexing implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final LayerUnpacker unpacker = new LayerUnpacker(Limits.DEFAULT);
  private final IndexMemory memory = new IndexMemory(Limits.DEFAULT.indexBytes(), 1);
  private final Path scratch;

  /**
   * Makes what makes indexes.
   *
   * @param scratch directory for indexes that grow
   */
  public ImageIndexing(Path scratch) {
    this.scratch = scratch;
  }

  /** What came of a layer. */
  public sealed interface Outcome {
    /**
     * It has an index.
     *
     * @param file the caller's to delete
     */
    record Made(Descriptor index, Path file) implements Outcome {}

    /** It gets none. */
    record None(String reason) implements Outcome {}
  }

  /**
   * Makes the index of a layer.
   *
   * @throws IOException if its blob cannot be read or is another, or the index cannot be written
   */
  public Outcome index(Descriptor layer, BlobSource blob) throws IOException {
    if (layer.size() < IndexRecorder.LEAST_BLOB_BYTES) {
      return new Outcome.None("it is so small that one request brings it");
    }
    Path file = Files.createTempFile(scratch, "lazuli-", ".index");
    file.toFile().deleteOnExit(); // also if a signal ends us
    boolean made = false;
    try {
      var outcome = write(layer, blob, file);
      made = outcome instanceof Outcome.Made;
      return outcome;
    } catch (LayerFormatException | TarFormatException e) {
      return new Outcome.None(String.valueOf(e.getMessage()));
    } finally {
      if (!made) {
        Files.deleteIfExists(file);
      }
    }
  }

  private Outcome write(Descriptor layer, BlobSource blob, Path file) throws IOException {
    var name = layer.digest().toString();
    try (var recorder = new IndexRecorder(scratch);
        var stream = blob.open(0, layer.size());
        var read = unpacker.unpack(stream, name, memory.share(name, PATIENCE), recorder)) {
      if (!read.blobDigest().equals(layer.digest())) {
        throw new IOException("layer %s: its blob is %s".formatted(name, read.blobDigest()));
      }
      return finish(recorder, layer.digest(), layer.size(), read.compression(), file);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /**
   * Writes the index of a layer whose whole blob was read, and was right.
   *
   * @param recorder stays the caller's, and has no more to tell
   * @param file stays the caller's unless the index was made
   */
  static Outcome finish(
      IndexRecorder recorder, Digest layer, long blobBytes, Compression compression, Path file)
      throws IOException {
    if (recorder.obstacle().isPresent()) {
      return new Outcome.None(recorder.obstacle().get());
    }
    try (var out = new BufferedOutputStream(Files.newOutputStream(file))) {
      recorder.finish(layer, blobBytes, compression, out);
    }
    long size = Files.size(file);
    if (size >= blobBytes) {
      return new Outcome.None("its index would be larger than the layer");
    }
    try (var in = Files.newInputStream(file)) {
      var index = new Descriptor(IndexArtifact.BLOB_TYPE, Digest.sha256(in), size);
      return new Outcome.Made(index, file);
    }
  }

  /** Frees the decompressors. */
  @Override
  public void close() {
    unpacker.close();
  }
}
