package dev.lazuli.demo.registry;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A blob in a file, kept open until closed. */
public final class OpenBlobFile implements BlobContent, AutoCloseable {
  private final Path file;
  private final FileChannel channel;
  private final long size;

  /**
   * Opens it.
   *
   * @throws IOException if there is no such file, or it cannot be read
   */
  public OpenBlobFile(Path file) throws IOException {
    this.file = file;
    this.channel = FileChannel.open(file, StandardOpenOption.READ);
    this.size = channel.size();
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(long offset, ByteBuffer target) throws IOException {
    var at = offset;
    while (target.hasRemaining()) {
      var count = channel.read(target, at);
      if (count < 0) {
        throw new EOFException(file + " ends at " + at + " of " + size + " bytes");
      }
      at += count;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
