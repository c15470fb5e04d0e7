package dev.lazuli.snapshotter.convert;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.read.ChannelBlobSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A blob in a file that is open only while a range of it is read. Safe for any thread. */
public record FileBlob(Path path) implements BlobSource {
  @Override
  public long size() throws IOException {
    return Files.size(path);
  }

  @Override
  public BlobStream open(long offset, long length) throws IOException {
    var channel = FileChannel.open(path);
    try {
      return new Range(channel, new ChannelBlobSource(channel).open(offset, length));
    } catch (RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private record Range(FileChannel channel, BlobStream range) implements BlobStream {
    @Override
    public @Nullable ByteBuffer next() throws IOException {
      return range.next();
    }

    @Override
    public void close() {
      range.close();
      try {
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
