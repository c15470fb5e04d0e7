package dev.lazuli.estargz.compare;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.ChunkSink;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.estargz.read.LayerOpener;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.estargz.read.WholeBlob;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Checks a layer: the digests of the TOC and of each chunk, and whether the files that the TOC
 * shows are those of the tar. Computes the digests of the blob and of its tar. Reads the blob
 * twice, streaming; memory is that of one decoding and of two indexes, each within {@link
 * Limits#indexBytes()}. Safe for any thread.
 */
public final class LayerVerifier implements AutoCloseable {
  /** For the memory of a tar's index, while others are verified. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final Limits limits;
  private final LayerOpener opener;
  private final ChunkDecoder decoder;
  private final IndexMemory memory;

  /** Makes a verifier with empty pools. */
  public LayerVerifier(Limits limits) {
    this.limits = limits;
    memory = new IndexMemory(limits.indexBytes(), 1);
    opener = new LayerOpener(limits);
    decoder = new ChunkDecoder(limits);
  }

  /**
   * Verifies a layer.
   *
   * @throws DigestMismatchException if the TOC is not the one that is trusted
   * @throws LayerFormatException if the blob is not a lazy layer
   * @throws IOException if the blob cannot be read, or there is not enough memory for an index
   */
  public VerificationReport verify(OpenRequest request) throws IOException {
    try (var index = opener.open(request)) {
      var counter = new Counter();
      var problems = new ArrayList<String>();
      checkChunks(request, index, counter, problems);
      var whole = readWhole(request, index);
      if (problems.isEmpty()) {
        whole.problem().ifPresent(problems::add);
      }
      return new VerificationReport(
          index.format(),
          Digest.ofSha256(index.tocDigest()),
          whole.blobDigest(),
          whole.diffId(),
          counter.chunks,
          counter.bytes,
          problems);
    }
  }

  /** Decodes all chunks, and after a wrong one those behind it. */
  private void checkChunks(
      OpenRequest request, LayerIndex index, Counter counter, List<String> problems)
      throws IOException {
    var order = ChunkDecoder.inBlobOrder(index, IntStream.range(0, index.chunkCount()).toArray());
    var next = 0;
    while (next < order.length && problems.size() < VerificationReport.MOST_PROBLEMS) {
      var rest = Arrays.copyOfRange(order, next, order.length);
      var from = index.chunkBlobOffset(rest[0]);
      var before = counter.begun;
      try (var range = request.blob().open(from, request.blob().size() - from)) {
        decoder.decode(index.format().compression(), range, from, index, rest, counter);
        return;
      } catch (DigestMismatchException | LayerFormatException | EOFException e) {
        problems.add(String.valueOf(e.getMessage()));
      }
      next += counter.begun - before;
    }
  }

  /** Reads the blob from end to end, and compares the files in its tar with those of the index. */
  private WholeBlob readWhole(OpenRequest request, LayerIndex index) throws IOException {
    try (var share = memory.share(index.layer(), PATIENCE);
        var check = new LayerCheck(limits, share, index);
        var blob = request.blob().open(0, request.blob().size())) {
      var compression = index.format().compression();
      var found = decoder.decodeWhole(compression, blob, index, ChunkSink.NOWHERE, check);
      return found.problem().isPresent()
          ? found
          : new WholeBlob(
              found.blobDigest(), found.diffId(), check.difference(new IndexTree(index)));
    }
  }

  private static final class Counter implements ChunkSink {
    int begun;
    int chunks;
    long bytes;
    private long current;

    @Override
    public void begin(int chunk) {
      begun++;
      current = 0;
    }

    @Override
    public void write(ByteBuffer window) {
      current += window.remaining();
    }

    @Override
    public void commit(byte[] sha256) {
      chunks++;
      bytes += current;
    }

    @Override
    public void abort() {}
  }

  /** Frees the pooled decompressors. */
  @Override
  public void close() {
    opener.close();
    decoder.close();
  }
}
