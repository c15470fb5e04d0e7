package dev.lazuli.estargz;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The last bytes of a blob, on their way.
 *
 * @param offset of the first one in the blob
 * @param length how many they are: fewer than asked for if the blob has no more
 * @param stream brings them; closed with this
 */
public record BlobTail(long offset, long length, BlobStream stream) implements AutoCloseable {
  /** Opens the last bytes of a blob whose size is known. */
  static BlobTail of(BlobSource blob, long most) throws IOException {
    long size = blob.size();
    long length = Math.min(size, most);
    return length <= 0
        ? ofNothing()
        : new BlobTail(size - length, length, blob.open(size - length, length));
  }

  /** Returns the tail of an empty blob. */
  public static BlobTail ofNothing() {
    return of(ByteBuffer.allocate(0), 0);
  }

  /** Returns bytes that are here already as the tail of a blob that ends at {@code end}. */
  public static BlobTail of(ByteBuffer bytes, long end) {
    return new BlobTail(end - bytes.remaining(), bytes.remaining(), new Kept(bytes));
  }

  /** Gives all bytes at once. */
  private static final class Kept implements BlobStream {
    private @Nullable ByteBuffer bytes;

    Kept(ByteBuffer bytes) {
      this.bytes = bytes.hasRemaining() ? bytes : null;
    }

    @Override
    public @Nullable ByteBuffer next() {
      var all = bytes;
      bytes = null;
      return all;
    }

    @Override
    public void close() {
      bytes = null;
    }
  }

  /**
   * Reads the tail, which must be small.
   *
   * @throws EOFException if the stream ends before it does
   */
  public byte[] read() throws IOException {
    var tail = new byte[Math.toIntExact(length)];
    var into = ByteBuffer.wrap(tail);
    for (ByteBuffer piece; into.hasRemaining() && (piece = stream.next()) != null; ) {
      piece.limit(piece.position() + Math.min(piece.remaining(), into.remaining()));
      into.put(piece);
    }
    if (into.hasRemaining()) {
      throw new EOFException(
          "blob tail ends after %d of %d bytes".formatted(into.position(), length));
    }
    return tail;
  }

  @Override
  public void close() {
    stream.close();
  }
}
