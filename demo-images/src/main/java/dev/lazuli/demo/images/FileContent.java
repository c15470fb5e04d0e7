package dev.lazuli.demo.images;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The bytes of a regular file in an image. Can be read as often as needed, by any thread. */
public interface FileContent {
  /** Returns the number of bytes that {@link #open} delivers. */
  long size() throws IOException;

  /** Opens the content at its first byte. The caller closes the stream. */
  InputStream open() throws IOException;

  /** Returns content held in memory. The array is not copied. */
  static FileContent of(byte[] bytes) {
    return new FileContent() {
      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public InputStream open() {
        return new ByteArrayInputStream(bytes);
      }
    };
  }

  /** Returns the UTF-8 bytes of {@code text}. */
  static FileContent of(String text) {
    return of(text.getBytes(UTF_8));
  }

  /** Returns the content of a file of the machine, read again each time it is opened. */
  static FileContent of(Path file) {
    return new FileContent() {
      @Override
      public long size() throws IOException {
        return Files.size(file);
      }

      @Override
      public InputStream open() throws IOException {
        return Files.newInputStream(file);
      }
    };
  }

  /**
   * Returns {@code size} bytes made on the fly from {@code seed}, any size in constant memory.
   *
   * @see GeneratedContent#compressible
   */
  static GeneratedContent generated(long size, long seed) {
    return new GeneratedContent(size, seed, GeneratedContent.NOISE);
  }
}
