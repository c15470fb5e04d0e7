package dev.lazuli.demo.registry;

import dev.lazuli.demo.images.GeneratedContent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;

/** The bytes of a blob, readable at any place. May be read by several requests at once. */
public interface BlobContent {
  /** Returns the number of bytes. */
  long size();

  /**
   * Fills {@code target} with the bytes from {@code offset}.
   *
   * @throws IOException if they cannot be read, or the content ends before {@code target} is full
   */
  void read(long offset, ByteBuffer target) throws IOException;

  /** Returns content held in memory. The array is not copied. */
  static BlobContent of(byte[] bytes) {
    return new BlobContent() {
      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public void read(long offset, ByteBuffer target) {
        var length = target.remaining();
        Objects.checkFromIndexSize(offset, length, bytes.length);
        target.put(bytes, (int) offset, length);
      }
    };
  }

  /** Returns content that is made while it is sent: a blob of any size without memory or disk. */
  static BlobContent of(GeneratedContent content) {
    return new BlobContent() {
      @Override
      public long size() {
        return content.size();
      }

      @Override
      public void read(long offset, ByteBuffer target) {
        content.read(offset, target);
      }
    };
  }
}
