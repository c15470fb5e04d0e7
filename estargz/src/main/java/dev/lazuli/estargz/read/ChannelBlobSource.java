package dev.lazuli.estargz.read;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/**
 * A blob that lies in a file. The channel is the caller's: to be closed after the source's last
 * stream. Safe for any thread; each stream reads through a buffer of 128 KiB of its own.
 */
public final class ChannelBlobSource implements BlobSource {
  private static final int BUFFER_BYTES = 128 << 10;

  private final FileChannel channel;

  /** Makes a source of all bytes of the file. */
  public ChannelBlobSource(FileChannel channel) {
    this.channel = channel;
  }

  @Override
  public long size() throws IOException {
    return channel.size();
  }

  @Override
  public BlobStream open(long offset, long length) {
    return new Range(channel, offset, length);
  }

  private static final class Range implements BlobStream {
    private final FileChannel channel;
    private final ByteBuffer buffer;
    private long next;
    private long left;

    Range(FileChannel channel, long offset, long length) {
      this.channel = channel;
      next = offset;
      left = length;
      buffer = ByteBuffer.allocateDirect((int) Math.min(BUFFER_BYTES, length));
    }

    @Override
    public @Nullable ByteBuffer next() throws IOException {
      if (left == 0) {
        return null;
      }
      buffer.clear().limit((int) Math.min(buffer.capacity(), left));
      var read = channel.read(buffer, next);
      if (read <= 0) {
        throw new EOFException("file ends at " + next + ", " + left + " bytes before the range");
      }
      next += read;
      left -= read;
      return buffer.flip();
    }

    @Override
    public void close() {
      left = 0;
    }
  }
}
