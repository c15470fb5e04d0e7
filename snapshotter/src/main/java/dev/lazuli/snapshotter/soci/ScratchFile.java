package dev.lazuli.snapshotter.soci;

import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file without a name, gone when it is closed or the process ends. For one thread. */
final class ScratchFile implements AutoCloseable {
  private final FileChannel file;
  private final Arena arena = Arena.ofConfined();

  private ScratchFile(FileChannel file) {
    this.file = file;
  }

  /** Makes one on the file system of a directory. */
  @MustBeClosed
  static ScratchFile make(Path directory) throws IOException {
    var path = Files.createTempFile(directory, "ztoc-", ".new");
    return new ScratchFile(FileChannel.open(path, READ, WRITE, DELETE_ON_CLOSE));
  }

  /** Adds bytes at the end. */
  void append(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      var _ = file.write(bytes);
    }
  }

  /** Returns all that was added, until this is closed. */
  ByteBuffer map() throws IOException {
    return file.map(MapMode.READ_ONLY, 0, file.size(), arena).asByteBuffer();
  }

  @Override
  public void close() throws IOException {
    try (arena) {
      file.close();
    }
  }
}
