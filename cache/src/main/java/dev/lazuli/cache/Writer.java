package dev.lazuli.cache;

import dev.lazuli.cache.chunks.ChunkTable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Writes one chunk of a layer straight to its place in the data file. The chunk becomes present by
 * {@link #commit} alone: once, when the whole extent was written and its digest is the chunk
 * table's. A writer keeps all others from the chunk until it is closed or has committed; so whoever
 * gets one closes it, whatever happens. Used by one thread.
 */
public final class Writer implements AutoCloseable {
  private enum State {
    WRITING,
    FAILED,
    COMMITTED,
    ABORTED
  }

  private final Layer layer;
  private final int chunk;
  private final boolean awaited;
  private final long offset;
  private final long size;
  private final long failedSyncs;
  private long written;
  private State state = State.WRITING;

  /** Takes over a lock on the chunk. */
  Writer(Layer layer, int chunk, boolean awaited) {
    this.layer = layer;
    this.chunk = chunk;
    this.awaited = awaited;
    this.offset = layer.chunks().dataOffset(chunk);
    this.size = layer.chunks().size(chunk);
    this.failedSyncs = layer.presence().failedSyncs();
  }

  /**
   * Writes the next bytes. A direct buffer goes to the kernel as it is; the copy into the page
   * cache is the only one.
   *
   * @throws IOException if the bytes go beyond the chunk or cannot be written, for example on a
   *     full disk; then only {@link #close} is left
   * @throws IllegalStateException if the writer has failed or ended
   */
  public void write(ByteBuffer window) throws IOException {
    checkWriting();
    state = State.FAILED;
    int length = window.remaining();
    if (length > size - written) {
      throw new IOException(
          "layer %s: more than the %d bytes of chunk %d".formatted(layer.digest(), size, chunk));
    }
    long at = offset + written;
    written += length;
    layer.write(at, window, awaited);
    state = State.WRITING;
  }

  /**
   * Makes the chunk present.
   *
   * @param sha256 digest of all written bytes, computed by the caller
   * @throws CommitRefusedException if bytes are missing, {@code sha256} is not the chunk's, or a
   *     sync has failed since the writer was made; then only {@link #close} is left
   * @throws IOException if the presence cannot be recorded; likewise
   * @throws IllegalStateException if the writer has failed or ended
   */
  public void commit(byte[] sha256) throws IOException {
    checkWriting();
    state = State.FAILED;
    if (written != size) {
      throw CommitRefusedException.incomplete(layer.digest(), chunk, size, written);
    }
    if (layer.mustVerify(chunk) && !layer.chunks().accepts(chunk, sha256)) {
      byte[] expected = new byte[ChunkTable.DIGEST_BYTES];
      layer.chunks().digest(chunk, expected);
      throw CommitRefusedException.digest(layer.digest(), chunk, expected, sha256);
    }
    layer.commit(chunk, awaited, failedSyncs);
    state = State.COMMITTED;
    layer.unlock(chunk);
  }

  /**
   * Forgets what was written and gives its blocks back where the store can do that. Without effect
   * after {@link #commit} or another {@code abort}.
   */
  public void abort() {
    if (state == State.COMMITTED || state == State.ABORTED) {
      return;
    }
    state = State.ABORTED;
    try {
      layer.reclaim().forget(chunk, written);
    } finally {
      layer.unlock(chunk);
    }
  }

  /** Aborts the writer unless it has committed. Idempotent. */
  @Override
  public void close() {
    abort();
  }

  private void checkWriting() {
    if (state != State.WRITING) {
      throw new IllegalStateException("writer of chunk " + chunk + " has failed or ended");
    }
  }
}
