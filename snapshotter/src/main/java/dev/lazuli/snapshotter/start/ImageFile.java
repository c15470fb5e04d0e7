package dev.lazuli.snapshotter.start;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A regular file with content, as the container will see it.
 *
 * @param path where it really lies: absolute, without links
 * @param layer the layer that has it
 * @param offset where its bytes begin in the layer's data file
 * @param size its size in bytes, at least 1
 */
record ImageFile(String path, StartLayer layer, long offset, long size) implements FileParts {
  String name() {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** Returns what the first {@code length} bytes cost: bytes of the blob. */
  long blobBytes(long length) {
    return layer.blobBytes(offset, Math.min(size, length));
  }

  @Override
  public byte[] read(long at, int length) throws IOException {
    var bytes = new byte[Math.clamp(size - at, 0, length)];
    if (bytes.length > 0) {
      if (!layer.isPresent(offset + at, bytes.length)) {
        throw new NotArrivedException(path, layer.whenPresent(offset + at, bytes.length));
      }
      layer.read(offset + at, ByteBuffer.wrap(bytes));
    }
    return bytes;
  }
}
