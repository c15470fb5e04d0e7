package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.ChunkSink;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Checks every digest of a layer: the TOC's, each chunk's, and computes those of the blob and of
 * its tar. Reads the blob twice, streaming; memory is that of one decoding. Safe for any thread.
 */
public final class LayerVerifier implements AutoCloseable {
  private final LayerOpener opener;
  private final ChunkDecoder decoder;

  /** Makes a verifier with empty pools. */
  public LayerVerifier(Limits limits) {
    opener = new LayerOpener(limits);
    decoder = new ChunkDecoder(limits);
  }

  /**
   * Verifies a layer.
   *
   * @throws DigestMismatchException if the TOC is not the one that is trusted
   * @throws LayerFormatException if the blob is not a lazy layer
   * @throws IOException if the blob cannot be read
   */
  public VerificationReport verify(OpenRequest request) throws IOException {
    try (var index = opener.open(request)) {
      var counter = new Counter();
      var problems = new ArrayList<String>();
      checkChunks(request, index, counter, problems);
      var blob = Digest.newSha256();
      var tar = Digest.newSha256();
      digestWhole(request, index, blob, tar, problems);
      return new VerificationReport(
          index.format(),
          Digest.ofSha256(index.tocDigest()),
          Digest.ofSha256(blob.digest()),
          Digest.ofSha256(tar.digest()),
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

  private void digestWhole(
      OpenRequest request,
      LayerIndex index,
      MessageDigest blob,
      MessageDigest tar,
      List<String> problems)
      throws IOException {
    try (var all = new DigestedStream(request.blob().open(0, request.blob().size()), blob)) {
      try {
        decoder.digestAll(index.format().compression(), all, index.layer(), tar);
      } catch (LayerFormatException | EOFException e) {
        problems.add(String.valueOf(e.getMessage()));
      }
      all.drain();
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
