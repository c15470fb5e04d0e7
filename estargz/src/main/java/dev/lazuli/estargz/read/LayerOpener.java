package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.ExternalTocException;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.footer.Footer;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.toc.LayerFacts;
import dev.lazuli.estargz.toc.LayerIndex;
import dev.lazuli.estargz.toc.LayerIndexBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;

/**
 * Opens layers: finds the TOC by the footer, verifies it, and settles what it means. While a layer
 * is being opened it takes the tail of the blob ({@link Limits#tailBytes()} at most), a decoding
 * window and the index that grows off the heap. Safe for any thread.
 */
public final class LayerOpener implements AutoCloseable {
  /** Idle decompressors kept: opening is rare next to decoding. */
  private static final int IDLE = 4;

  /** How many indexes are made at the same time; others wait. Each keeps a share of the memory. */
  public static final int AT_ONCE = 6;

  /** JSON that every blob may have, however small it is. */
  private static final long FREE_TOC_BYTES = 32 << 20;

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Limits limits;
  private final DecoderPool pool;
  private final IndexMemory memory;

  /** Makes an opener with empty pools. */
  public LayerOpener(Limits limits) {
    this.limits = limits;
    pool = new DecoderPool(limits, IDLE);
    memory = new IndexMemory(limits.indexBytes(), AT_ONCE);
  }

  /** Returns the memory for indexes under construction, for others who make some. */
  public IndexMemory memory() {
    return memory;
  }

  /**
   * Opens a layer with one or two range requests (one if the TOC is small or its position known).
   *
   * @return the layer's index, the caller's to close
   * @throws ExternalTocException if the TOC is in a blob that the request does not have
   * @throws LayerFormatException if the blob is not a lazy layer, or breaks its format or a limit
   * @throws DigestMismatchException if the TOC is not the one that is trusted
   * @throws IOException if the blob cannot be read, or other layers take the memory for indexes
   *     longer than {@code patience}
   */
  public LayerIndex open(OpenRequest request, Duration patience) throws IOException {
    var share = memory.share(request.layer(), patience);
    try (var builder = new LayerIndexBuilder(request.layer(), limits, request.opaque(), share)) {
      var toc = read(request, builder::read);
      return builder.build(
          new LayerFacts(
              toc.footer().format(),
              toc.digest(),
              toc.compressedDigest(),
              toc.footer().payloadEnd(),
              !(request.trust() instanceof TocTrust.Unverified)));
    }
  }

  /** Opens a layer, and waits a minute for memory. */
  public LayerIndex open(OpenRequest request) throws IOException {
    return open(request, PATIENCE);
  }

  /** Takes a TOC's JSON; what it leaves is read on. */
  @FunctionalInterface
  interface TocConsumer {
    void accept(InputStream json) throws IOException;
  }

  /** A TOC that was read, and is the trusted one. */
  record ReadToc(Footer footer, Digest digest, Digest compressedDigest, long bytes) {}

  /** Finds the TOC, has it consumed while it is not yet verified, and verifies it. */
  ReadToc read(OpenRequest request, TocConsumer consumer) throws IOException {
    var compressed = Digest.newSha256();
    var json = Digest.newSha256();
    Footer footer;
    long bytes;
    try (var found = locate(request, compressed)) {
      footer = found.footer();
      bytes = consume(request, found, consumer, json);
      found.toc().drain();
    }
    var digest = Digest.ofSha256(json.digest());
    var compressedDigest = Digest.ofSha256(compressed.digest());
    switch (request.trust()) {
      case TocTrust.Json trust -> check(request.layer(), "TOC", trust.digest(), digest);
      case TocTrust.Compressed trust ->
          check(request.layer(), "compressed TOC", trust.digest(), compressedDigest);
      case TocTrust.Deferred _, TocTrust.Unverified _ -> {}
    }
    return new ReadToc(footer, digest, compressedDigest, bytes);
  }

  private static void check(String layer, String part, Digest expected, Digest actual)
      throws DigestMismatchException {
    if (!expected.equals(actual)) {
      throw new DigestMismatchException(layer, part, expected.bytes(), actual.bytes());
    }
  }

  private long consume(
      OpenRequest request, Located found, TocConsumer consumer, MessageDigest sha256)
      throws IOException {
    var layer = request.layer();
    var most = FREE_TOC_BYTES + limits.tocRatio() * request.blob().size();
    var compression = found.footer().format().compression();
    try (var bench = pool.borrow(compression)) {
      bench.decoder.start(new BlobCursor(found.toc(), found.offset()), layer);
      InputStream decoded = new DecodedInput(bench);
      if (compression == Compression.GZIP) {
        decoded = TocTar.open(decoded, layer, limits);
      }
      var json = new BoundedInput(decoded, layer, Math.min(most, limits.tocBytes()), sha256);
      consumer.accept(json);
      json.drain();
      return json.count();
    }
  }

  /** The TOC's bytes, and where they start in their blob. */
  private record Located(Footer footer, DigestedStream toc, long offset) implements AutoCloseable {
    @Override
    public void close() {
      toc.close();
    }
  }

  private Located locate(OpenRequest request, MessageDigest digest) throws IOException {
    var blob = request.blob();
    if (request.externalToc().isPresent()) {
      var toc = request.externalToc().get();
      checkTocBytes(request.layer(), toc.size());
      var footer = new Footer(LayerFormat.ESTARGZ_EXTERNAL_TOC, 0, toc.size(), blob.size());
      return fetch(toc, footer, digest);
    }
    if (request.position().isPresent()) {
      return fetch(blob, positioned(request, request.position().get()), digest);
    }
    return guess(request, digest);
  }

  private Footer positioned(OpenRequest request, TocPosition position) throws IOException {
    checkTocBytes(request.layer(), position.compressedBytes());
    var size = request.blob().size();
    var end = position.offset() + position.compressedBytes();
    if (end < 0 || end > size || position.offset() < Long.BYTES) {
      var range = position.offset() + "+" + position.compressedBytes();
      throw new LayerFormatException(
          request.layer(), "annotated TOC position", range, "within the blob of " + size);
    }
    return new Footer(
        LayerFormat.ZSTD_CHUNKED, position.offset(), end, position.offset() - Long.BYTES);
  }

  private void checkTocBytes(String layer, long bytes) throws LayerFormatException {
    if (bytes <= 0 || bytes > limits.tocCompressedBytes()) {
      throw new LayerFormatException(
          layer, "compressed TOC bytes", bytes, "1 to " + limits.tocCompressedBytes());
    }
  }

  private static Located fetch(BlobSource blob, Footer footer, MessageDigest digest)
      throws IOException {
    var front = blob.open(footer.tocOffset(), footer.tocEnd() - footer.tocOffset());
    return new Located(footer, new DigestedStream(front, digest), footer.tocOffset());
  }

  /** Reads the tail, in the hope that footer and TOC both lie in it. */
  private Located guess(OpenRequest request, MessageDigest digest) throws IOException {
    var blob = request.blob();
    byte[] tail;
    try (var end = blob.openTail(limits.tailBytes())) {
      tail = end.read();
    }
    var size = blob.size();
    if (tail.length == 0) {
      throw new LayerFormatException(request.layer(), "blob size", size, "above 0");
    }
    var footer =
        Footer.find(request.layer(), tail, size, limits)
            .orElseThrow(
                () ->
                    new LayerFormatException(
                        request.layer(), "footer", "missing", "the footer of a lazy layer"));
    if (footer.tocOffset() < 0) {
      throw new ExternalTocException(request.layer());
    }
    var tailOffset = size - tail.length;
    var have = Math.max(tailOffset, footer.tocOffset());
    var rest = ByteBuffer.wrap(tail);
    rest.limit(Math.clamp(footer.tocEnd() - tailOffset, 0, tail.length));
    rest.position(Math.min(rest.limit(), (int) (have - tailOffset)));
    var missing = Math.min(have, footer.tocEnd()) - footer.tocOffset();
    var front = missing > 0 ? blob.open(footer.tocOffset(), missing) : null;
    var toc = new DigestedStream(new TocRange(front, rest), digest);
    return new Located(footer, toc, footer.tocOffset());
  }

  /** Frees the pooled decompressors. Openings under way finish. */
  @Override
  public void close() {
    pool.close();
  }
}
