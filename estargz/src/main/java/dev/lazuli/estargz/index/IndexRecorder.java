package dev.lazuli.estargz.index;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.checkpoint.Checkpoint;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes the shared index of a layer while its blob is read whole. What has been seen so far is in
 * files that are smaller than the blob by far; memory does not grow with the layer. For one thread.
 */
public final class IndexRecorder implements ContentSink, Closeable {
  /**
   * 24 MiB: where a reader would have to wait until more than this is decompressed before its own
   * bytes come, as in a single frame of zstd, the layer is better pulled whole.
   */
  public static final long MOST_SKIPPED = 24L << 20;

  /** 256 KiB: below, one request brings the whole layer, and is all that a lazy one would save. */
  public static final long LEAST_BLOB_BYTES = 256 << 10;

  private final byte[] buffer = new byte[8 << 10];
  private final SpooledPart headers;
  private final PackedHeaders packedHeaders;
  private final SpooledPart ends;
  private final SpooledPart digests;
  private final SpooledPart starts;
  private long headersBytes;
  private long chunks;
  private long startCount;
  private long lastEnd;
  private Checkpoint last = new Checkpoint(0, 0, 0);
  private long mostSkipped;

  /**
   * Makes a recorder.
   *
   * @param directory for its files
   * @throws IOException if they cannot be made; none is left
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosed") // close() closes them.
  public IndexRecorder(Path directory) throws IOException {
    SpooledPart[] parts = new SpooledPart[4];
    boolean done = false;
    try {
      for (int i = 0; i < parts.length; i++) {
        parts[i] = new SpooledPart(directory, /* packed= */ i == 1);
      }
      done = true;
    } finally {
      if (!done) {
        close(parts);
      }
    }
    headers = parts[0];
    packedHeaders = new PackedHeaders(headers);
    ends = parts[1];
    digests = parts[2];
    starts = parts[3];
  }

  @Override
  public void write(long dataOffset, ByteBuffer window) {}

  @Override
  public void headers(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      int count = Math.min(bytes.remaining(), buffer.length);
      bytes.get(buffer, 0, count);
      packedHeaders.write(buffer, 0, count);
      headersBytes += count;
    }
  }

  @Override
  public void chunk(
      long dataOffset, long size, long blobOffset, long blobEnd, long innerOffset, byte[] sha256)
      throws IOException {
    PackedNumbers.put(ends, blobEnd - lastEnd);
    digests.write(sha256, 0, sha256.length);
    lastEnd = blobEnd;
    mostSkipped = Math.max(mostSkipped, innerOffset);
    chunks++;
  }

  @Override
  public void checkpoint(Checkpoint checkpoint, byte[] window) throws IOException {
    PackedNumbers.put(starts, checkpoint.blobOffset() - last.blobOffset());
    PackedNumbers.put(starts, checkpoint.tarOffset() - last.tarOffset());
    PackedNumbers.put(starts, checkpoint.bit() + 1L);
    PackedNumbers.put(starts, window.length);
    starts.write(window, 0, window.length);
    last = checkpoint;
    startCount++;
  }

  /** Returns why the layer cannot be read lazily by its index; empty if it can. */
  public Optional<String> obstacle() {
    return mostSkipped > MOST_SKIPPED
        ? Optional.of(
            "%d MiB of it would be decompressed before a byte of some file: there is nowhere to start in between"
                .formatted(mostSkipped >> 20))
        : Optional.empty();
  }

  /**
   * Writes the index, once the whole blob was read.
   *
   * @param layer digest of the blob, which was right
   * @param out the caller's
   * @throws IOException if it cannot be written, or would be larger than any may be
   */
  public void finish(Digest layer, long blobBytes, Compression compression, OutputStream out)
      throws IOException {
    packedHeaders.finish();
    long digestBytes = digests.finish();
    var facts =
        new IndexFacts(
            layer,
            blobBytes,
            compression,
            chunks,
            startCount,
            headersBytes,
            headers.finish(),
            ends.finish(),
            starts.finish());
    long all = facts.startsAt() + facts.startsBytes();
    if (all > IndexFacts.MOST_BYTES || digestBytes != chunks * Digest.SHA256_BYTES) {
      throw new IOException("layer %s: an index of %d bytes is too large".formatted(layer, all));
    }
    out.write(facts.bytes());
    for (var part : new SpooledPart[] {headers, ends, digests, starts}) {
      part.writeTo(out);
    }
  }

  @Override
  public void close() throws IOException {
    close(headers, ends, digests, starts);
  }

  private static void close(@Nullable SpooledPart... parts) throws IOException {
    IOException failure = null;
    for (var part : parts) {
      try {
        if (part != null) {
          part.close();
        }
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
