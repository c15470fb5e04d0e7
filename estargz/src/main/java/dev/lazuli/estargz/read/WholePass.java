package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ChunkSink;
import dev.lazuli.estargz.Compression;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a whole blob, front to back: computes the digests of the blob and of the tar in it,
 * and finds every chunk of the table in that tar.
 *
 * <p>A chunk lies {@code inner offset} bytes behind the place in the tar that had been reached when
 * the compressed stream at the chunk's {@code blob offset} began. Where no stream of the blob
 * begins there (inside a gzip header, a skippable frame, compressed data), the chunk is not in the
 * tar, whatever a decoder would find that starts at that place.
 *
 * <p>A chunk behind a known start, or of a blob that is not compressed, lies where that says in the
 * tar: if the bytes there have the chunk's digest, they are the chunk, and a start that is none
 * only makes the chunk unreadable by itself.
 */
final class WholePass implements PassInput.Pass {
  private static final byte[] NO_DIGEST = new byte[Digest.SHA256_BYTES];
  private static final ByteBuffer ZEROS =
      ByteBuffer.allocateDirect(DecoderPool.WINDOW_BYTES).asReadOnlyBuffer();

  private final DecoderPool.Bench bench;
  private final boolean isPlain;
  private final ChunkTableView chunks;
  private final BlobOrder order;
  private final ChunkSink sink;
  private final TarFollower follower;
  private final MessageDigest tar = Digest.newSha256();
  private final byte[] expected = new byte[Digest.SHA256_BYTES];
  private @Nullable String problem;
  private boolean broken;
  private long strayReads;

  /** Bytes of the tar that have been seen. */
  private long tarBytes;

  /** Blob offset of the stream that is being decompressed; -1 before the first. */
  private long stream = -1;

  /** The last stream at whose begin chunks are, and where it began in the tar. */
  private long group = -1;

  private long groupTarOffset;

  /** Place in the order of the first chunk that was not begun. */
  private int next;

  /** Digests the spans of the blob, if the layer has any. */
  private @Nullable SpanCheck check;

  /** The span of the chunks that are being held; -1 for none. */
  private int held = -1;

  /** The chunk being taken, its place in the order being {@code next - 1}; -1 for none. */
  private int current = -1;

  private long currentLeft;

  WholePass(
      DecoderPool.Bench bench,
      Compression compression,
      ChunkTableView chunks,
      BlobOrder order,
      ChunkSink sink,
      TarFollower follower) {
    this.follower = follower;
    this.bench = bench;
    this.isPlain = compression == Compression.NONE;
    this.chunks = chunks;
    this.order = order;
    this.sink = sink;
  }

  /**
   * Reads the blob to its end.
   *
   * @throws IOException if the blob cannot be read or the sink fails; an unfinished chunk was
   *     aborted
   */
  WholeBlob run(BlobStream blob) throws IOException {
    var hashed = new DigestedStream(checked(blob), Digest.newSha256());
    bench.decoder.start(new BlobCursor(hashed, 0), chunks.layer());
    var input = new PassInput(bench, this);
    try {
      follower.follow(input);
      input.drain();
      abandon();
      hashed.drain();
      release();
    } finally {
      abandon();
      abandonHeld();
    }
    while (next < order.count()) {
      stray(order.chunk(next++));
    }
    return new WholeBlob(
        Digest.ofSha256(hashed.digest().digest()),
        broken ? Optional.empty() : Optional.of(Digest.ofSha256(tar.digest())),
        Optional.ofNullable(problem));
  }

  private BlobStream checked(BlobStream blob) {
    var spans = chunks.spans();
    if (spans.count() == 0) {
      return blob;
    }
    var checking = new SpanCheck(blob, 0, spans, chunks.layer());
    check = checking;
    return checking;
  }

  @Override
  public void broken(IOException reason) {
    broken = true;
    note("it cannot be decompressed: " + reason.getMessage());
  }

  @Override
  public long strayReads() {
    return strayReads;
  }

  @Override
  public void enter(long start) {
    if (start == stream) {
      return;
    }
    stream = start;
    if (current >= 0 && start >= chunks.chunkBlobEnd(current)) {
      abandon();
    }
    for (; next < order.count(); next++) {
      int chunk = order.chunk(next);
      long offset = chunks.chunkBlobOffset(chunk);
      if (isPlaced(chunk)
          || offset >= start
          || (offset == group && start < chunks.chunkBlobEnd(chunk))) {
        break;
      }
      stray(chunk);
    }
    if (next < order.count() && chunks.chunkBlobOffset(order.chunk(next)) == start) {
      group = start;
      groupTarOffset = tarBytes;
    }
  }

  /** Returns whether a chunk's place in the tar is known, whatever streams there are. */
  private boolean isPlaced(int chunk) {
    return isPlain || chunks.starts().find(chunks.chunkBlobOffset(chunk)) >= 0;
  }

  /** Returns a chunk's place in the tar, if it is known. */
  private OptionalLong placeOf(int chunk) {
    long offset = chunks.chunkBlobOffset(chunk);
    long inner = chunks.chunkInnerOffset(chunk);
    if (isPlain) {
      return OptionalLong.of(offset + inner);
    }
    int start = chunks.starts().find(offset);
    if (start >= 0) {
      return OptionalLong.of(chunks.starts().tarOffset(start) + inner);
    }
    return offset == group ? OptionalLong.of(groupTarOffset + inner) : OptionalLong.empty();
  }

  @Override
  public void take(ByteBuffer window) throws IOException {
    tar.update(window.duplicate());
    while (window.hasRemaining() && (current >= 0 || begin(window))) {
      var part = window.slice(window.position(), (int) Math.min(window.remaining(), currentLeft));
      tarBytes += part.remaining();
      currentLeft -= part.remaining();
      window.position(window.position() + part.remaining());
      bench.sha256.update(part.duplicate());
      sink.write(part);
      if (currentLeft == 0) {
        end();
      }
    }
    pass(window, window.remaining());
  }

  /** Passes over bytes that belong to no chunk. */
  private void pass(ByteBuffer window, int count) {
    if (window.slice(window.position(), count).mismatch(ZEROS.slice(0, count)) >= 0) {
      strayReads++;
    }
    window.position(window.position() + count);
    tarBytes += count;
  }

  /** Begins the next chunk if it begins in the window, and drops what lies before it. */
  private boolean begin(ByteBuffer window) throws IOException {
    for (; next < order.count(); next++) {
      int chunk = order.chunk(next);
      var place = placeOf(chunk);
      if (place.isEmpty()) {
        return false;
      }
      long before = place.getAsLong() - tarBytes;
      if (before >= window.remaining()) {
        return false;
      }
      if (before >= 0) {
        pass(window, (int) before);
        next++;
        current = chunk;
        follower.found(chunk, tarBytes);
        enterSpan(chunk);
        currentLeft = chunks.chunkSize(chunk);
        bench.sha256.reset();
        sink.begin(chunk);
        return true;
      }
      stray(chunk);
    }
    return false;
  }

  /** By the time a byte of the next span has come out, the last of this one has gone in. */
  private void enterSpan(int chunk) throws IOException {
    var spans = chunks.spans();
    if (check != null && spans.find(chunks.chunkBlobOffset(chunk)) != held) {
      release();
      held = spans.find(chunks.chunkBlobOffset(chunk));
    }
  }

  /** Commits what is being held if its span has passed, and was right. */
  private void release() throws IOException {
    if (check == null || held < 0) {
      return;
    }
    int span = held;
    held = -1;
    if (check.wrong().isPresent()) {
      note("its index is wrong: " + check.wrong().get().getMessage());
      sink.abort();
    } else if (!check.hasPassed(span)) {
      note("its index has span %d elsewhere than its blob".formatted(span));
      sink.abort();
    } else {
      int other = sink.commitHeld();
      if (other >= 0) {
        stray(other);
      }
    }
  }

  private void abandonHeld() {
    if (held >= 0) {
      held = -1;
      sink.abort();
    }
  }

  private void end() throws IOException {
    int chunk = current;
    var actual = bench.sha256.digest();
    chunks.chunkDigest(chunk, expected);
    if (Arrays.equals(expected, actual) || Arrays.equals(expected, NO_DIGEST)) {
      current = -1;
      if (check == null) {
        sink.commit(actual);
      } else {
        sink.hold(actual);
      }
    } else {
      abandon();
    }
  }

  /** Gives up the chunk being taken, if there is one. */
  private void abandon() {
    int chunk = current;
    if (chunk >= 0) {
      current = -1;
      held = -1; // Ends with it; other chunks of its span may still come.
      sink.abort();
      stray(chunk);
    }
  }

  private void stray(int chunk) {
    note(
        "chunk %d, blob offset %d + %d, is not in the tar that the blob decompresses to"
            .formatted(chunk, chunks.chunkBlobOffset(chunk), chunks.chunkInnerOffset(chunk)));
  }

  private void note(String what) {
    if (problem == null) {
      problem = what;
    }
  }
}
