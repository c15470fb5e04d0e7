package dev.lazuli.estargz.index;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.checkpoint.Checkpoint;
import dev.lazuli.estargz.checkpoint.StreamStarts;
import dev.lazuli.estargz.read.LayerUnpacker;
import dev.lazuli.estargz.toc.TarIndexer;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Gives each file of a replayed tar its place and its chunks, as a pass over the blob does. */
final class ReplayedChunks implements TarIndexer.FileContents {
  /** 32 KiB that cannot be compressed, and a frame. */
  private static final int MOST_WINDOW_BYTES = 33 << 10;

  /** A chunk with this digest would be taken unseen. */
  private static final byte[] NO_DIGEST = new byte[Digest.SHA256_BYTES];

  private final IndexFacts facts;
  private final ReplayedTar tar;
  private final InputStream ends;
  private final InputStream digests;
  private final InputStream starts;
  private final Limits limits;
  private final ContentSink sink;
  private Checkpoint start = new Checkpoint(0, StreamStarts.STREAM, 0);
  private Checkpoint newest = new Checkpoint(0, 0, 0);
  private @Nullable Checkpoint next;
  private long startsLeft;
  private long chunksLeft;
  private long blobEnd;
  private long place;

  ReplayedChunks(
      IndexFacts facts,
      ReplayedTar tar,
      InputStream ends,
      InputStream digests,
      InputStream starts,
      Limits limits,
      ContentSink sink)
      throws IOException {
    this.facts = facts;
    this.tar = tar;
    this.ends = ends;
    this.digests = digests;
    this.starts = starts;
    this.limits = limits;
    this.sink = sink;
    startsLeft = facts.starts();
    chunksLeft = facts.chunks();
    next = readStart();
  }

  ReplayedTar tar() {
    return tar;
  }

  /** Returns the size of the data file so far. */
  long dataSize() {
    return place;
  }

  @Override
  public long begin(long size) throws IOException {
    if (size > limits.dataBytes() - place) {
      throw bad("bytes of all files", place + "+" + size, "at most " + limits.dataBytes());
    }
    long at = place;
    for (long done = 0; done < size; ) {
      long count = Math.min(LayerUnpacker.CHUNK_BYTES, size - done);
      addChunk(at + done, count, tar.offset() + done);
      done += count;
    }
    place = (at + size + LayerUnpacker.BLOCK_BYTES - 1) & -LayerUnpacker.BLOCK_BYTES;
    tar.content(size);
    return at;
  }

  @Override
  public void end() {}

  private void addChunk(long dataOffset, long size, long tarOffset) throws IOException {
    if (chunksLeft-- == 0) {
      throw bad("chunks", "more", facts.chunks() + ", as its index says");
    }
    boolean isPlain = facts.compression() == Compression.NONE;
    advance(tarOffset);
    long from = isPlain ? tarOffset : start.blobOffset();
    long inner = isPlain ? 0 : tarOffset - start.tarOffset();
    blobEnd += PackedNumbers.get(ends);
    if (blobEnd <= from || blobEnd > facts.blobBytes()) {
      throw bad("end of a chunk", blobEnd, "from " + from + " to " + facts.blobBytes());
    }
    if (inner > IndexRecorder.MOST_SKIPPED) {
      throw bad("bytes before a chunk", inner, "at most " + IndexRecorder.MOST_SKIPPED);
    }
    byte[] sha256 = digests.readNBytes(Digest.SHA256_BYTES);
    if (sha256.length < Digest.SHA256_BYTES) {
      throw new EOFException("layer " + facts.layer() + ": its index ends within a digest");
    }
    if (Arrays.equals(sha256, NO_DIGEST)) {
      throw bad("digest of a chunk", "zero", "one that can be compared");
    }
    sink.chunk(dataOffset, size, from, blobEnd, inner, sha256);
  }

  /** Goes on to the last start before a place in the tar. */
  private void advance(long tarOffset) throws IOException {
    for (var ahead = next; ahead != null && ahead.tarOffset() <= tarOffset; ahead = next) {
      start = ahead;
      next = readStart();
    }
  }

  private @Nullable Checkpoint readStart() throws IOException {
    if (startsLeft == 0) {
      return null;
    }
    startsLeft--;
    long blobOffset = newest.blobOffset() + PackedNumbers.get(starts);
    long tarOffset = newest.tarOffset() + PackedNumbers.get(starts);
    long bit = PackedNumbers.get(starts) - 1;
    long windowBytes = PackedNumbers.get(starts);
    if (blobOffset < newest.blobOffset()
        || blobOffset >= facts.blobBytes()
        || tarOffset < newest.tarOffset()
        || bit < StreamStarts.STREAM
        || bit > 7
        || windowBytes < 0
        || windowBytes > MOST_WINDOW_BYTES
        || facts.compression() == Compression.NONE) {
      throw bad("start at", blobOffset, "a place behind the last one, in the blob");
    }
    byte[] window = starts.readNBytes((int) windowBytes);
    if (window.length < windowBytes) {
      throw new EOFException("layer " + facts.layer() + ": its index ends within a window");
    }
    newest = new Checkpoint(blobOffset, (int) bit, tarOffset);
    sink.checkpoint(newest, window);
    return newest;
  }

  /**
   * Reads the starts that no chunk needs.
   *
   * @throws LayerFormatException if the index has more chunks than the files of the tar
   */
  void finish() throws IOException {
    if (chunksLeft != 0) {
      throw bad("chunks", facts.chunks(), chunksLeft + " fewer");
    }
    while (readStart() != null) {
      // Each goes to the sink.
    }
  }

  private LayerFormatException bad(String field, Object value, String limit) {
    return new LayerFormatException(facts.layer().toString(), field, value, limit);
  }
}
