package dev.lazuli.snapshotter.start;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.bridge.erofs.CorruptImageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A regular file with content, as the container will see it.
 *
 * @param path where it really lies: absolute, without links
 * @param layer the layer that has it
 * @param nid its inode in the layer's metadata image
 * @param offset where its bytes begin in the layer's data file
 * @param size its size in bytes, at least 1
 */
record ImageFile(String path, StartLayer layer, long nid, long offset, long size)
    implements FileParts {
  String name() {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** Returns when it was changed, in seconds since 1970. */
  long modifiedSeconds() throws CorruptImageException {
    return layer.image().mtimeSeconds(nid);
  }

  /** Returns a part of it, cut down to what there is. */
  FilePart part(long at, long length) {
    long from = Math.clamp(at, 0, size);
    return new FilePart(this, from, Math.clamp(length, 0, size - from));
  }

  /** Returns all of it. */
  FilePart whole() {
    return part(0, size);
  }

  @Override
  public byte[] read(long at, int length) throws IOException {
    var bytes = new byte[Math.clamp(size - at, 0, length)];
    if (bytes.length > 0) {
      if (!layer.isPresent(offset + at, bytes.length)) {
        throw new NotArrivedException(List.of(part(at, bytes.length)));
      }
      layer.read(offset + at, ByteBuffer.wrap(bytes));
    }
    return bytes;
  }

  /** Returns all of a script's text. */
  String text() throws IOException {
    return new String(read(0, (int) size), UTF_8);
  }
}
