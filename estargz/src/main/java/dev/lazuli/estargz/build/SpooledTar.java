package dev.lazuli.estargz.build;

import dev.lazuli.estargz.tar.TarReader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A temporary copy of a tar whose entries must be read in another order. Deleted on close. */
final class SpooledTar implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 << 10;

  private final FileChannel file;

  private SpooledTar(FileChannel file) {
    this.file = file;
  }

  static SpooledTar copy(InputStream tar, Path scratch) throws IOException {
    var path = Files.createTempFile(scratch, "lazuli-build-", ".tar");
    var file =
        FileChannel.open(
            path,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
    try {
      tar.transferTo(Channels.newOutputStream(file));
      return new SpooledTar(file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Returns a reader from an offset; the one before it must no longer be used. */
  TarReader from(long offset) throws IOException {
    file.position(offset);
    return new TarReader(new BufferedInputStream(Channels.newInputStream(file), BUFFER_BYTES));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
