package dev.lazuli.cache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Writes one chunk of a layer straight to its place in the data file. The chunk becomes present by
 * {@link #commit} alone: once, when the whole extent was written and its digest is the chunk
 * table's. Every writer must be committed or aborted; until then it keeps all others from the
 * chunk. Used by one thread.
 */
public final class Writer {
  private final Layer layer;
  private final int chunk;
  private final long offset;
  private final long size;
  private long written;
  private boolean done;

  Writer(Layer layer, int chunk) {
    this.layer = layer;
    this.chunk = chunk;
    this.offset = layer.chunks().dataOffset(chunk);
    this.size = layer.chunks().size(chunk);
  }

  /**
   * Writes the next bytes. A direct buffer goes to the kernel as it is; the copy into the page
   * cache is the only one.
   *
   * @throws IOException if the bytes go beyond the chunk or cannot be written, for example on a
   *     full disk; then only {@link #abort} is left
   */
  public void write(ByteBuffer window) throws IOException {
    checkOpen();
    int length = window.remaining();
    if (length > size - written) {
      throw new IOException(
          "layer %s: more than the %d bytes of chunk %d".formatted(layer.digest(), size, chunk));
    }
    layer.write(offset + written, window);
    written += length;
  }

  /**
   * Makes the chunk present.
   *
   * @param sha256 digest of all written bytes, computed by the caller
   * @throws CommitRefusedException if bytes are missing or {@code sha256} is not the chunk's; then
   *     only {@link #abort} is left
   * @throws IOException if the presence cannot be recorded; likewise
   */
  public void commit(byte[] sha256) throws IOException {
    checkOpen();
    if (written != size) {
      throw CommitRefusedException.incomplete(layer.digest(), chunk, size, written);
    }
    if (layer.mustVerify(chunk)) {
      byte[] expected = new byte[ChunkTable.DIGEST_BYTES];
      layer.chunks().digest(chunk, expected);
      if (!Arrays.equals(expected, sha256)) {
        throw CommitRefusedException.digest(layer.digest(), chunk, expected, sha256);
      }
    }
    layer.commit(chunk);
    done = true;
    layer.unclaim(chunk);
  }

  /**
   * Forgets what was written and gives its blocks back where the store can do that. Without effect
   * after {@link #commit} or another {@code abort}.
   */
  public void abort() {
    if (!done) {
      done = true;
      layer.forget(chunk, written);
      layer.unclaim(chunk);
    }
  }

  private void checkOpen() {
    if (done) {
      throw new IllegalStateException("writer of chunk " + chunk + " has ended");
    }
  }
}
