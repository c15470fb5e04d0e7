package dev.lazuli.estargz.index;

import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** A part of an index that grows in a file of its own, which goes when this is closed. */
final class SpooledPart extends FilterOutputStream {
  private static final int LEVEL = 9;
  private static final int BUFFER_BYTES = 16 << 10;

  private final FileChannel file;
  private final Deflater deflater = new Deflater(LEVEL, /* nowrap= */ true);

  /**
   * Makes an empty part.
   *
   * @param packed whether to deflate it
   */
  @MustBeClosed
  SpooledPart(Path directory, boolean packed) throws IOException {
    super(OutputStream.nullOutputStream());
    Path path = Files.createTempFile(directory, "index-", ".part");
    try {
      file = FileChannel.open(path, READ, WRITE, DELETE_ON_CLOSE);
    } catch (IOException e) {
      Files.delete(path);
      throw e;
    }
    var plain = new BufferedOutputStream(Channels.newOutputStream(file), BUFFER_BYTES);
    out = packed ? new DeflaterOutputStream(plain, deflater, BUFFER_BYTES) : plain;
  }

  @Override
  public void write(int b) throws IOException {
    out.write(b);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    out.write(bytes, offset, length);
  }

  /** Ends the part and returns the bytes that it takes. */
  long finish() throws IOException {
    if (out instanceof DeflaterOutputStream packed) {
      packed.finish();
    }
    out.flush();
    return file.size();
  }

  /** Writes the part, which was finished. */
  void writeTo(OutputStream target) throws IOException {
    var _ = new IndexPart(file, 0, file.size()).transferTo(target);
  }

  @Override
  public void close() throws IOException {
    deflater.end();
    file.close();
  }
}
