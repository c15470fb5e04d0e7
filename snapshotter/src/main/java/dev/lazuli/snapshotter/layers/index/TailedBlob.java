package dev.lazuli.snapshotter.layers.index;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.BlobTail;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A blob whose last bytes were fetched before its turn to be indexed has come: so the layers of an
 * image wait for their registry at the same time, however few are indexed at once. For one thread.
 */
final class TailedBlob implements BlobSource {
  private final BlobSource blob;
  private final long offset;
  private byte @Nullable [] tail;

  private TailedBlob(BlobSource blob, long offset, byte[] tail) {
    this.blob = blob;
    this.offset = offset;
    this.tail = tail;
  }

  /**
   * Fetches the last bytes of a blob.
   *
   * @param bytes how many; they are kept
   */
  static TailedBlob of(BlobSource blob, int bytes) throws IOException {
    try (var tail = blob.openTail(bytes)) {
      return new TailedBlob(blob, tail.offset(), tail.read());
    }
  }

  @Override
  public long size() throws IOException {
    return blob.size();
  }

  @Override
  public BlobStream open(long from, long length) throws IOException {
    return blob.open(from, length);
  }

  @Override
  public BlobTail openTail(long most) throws IOException {
    var kept = tail;
    if (kept == null || (most > kept.length && offset > 0)) {
      return blob.openTail(most);
    }
    int length = (int) Math.min(most, kept.length);
    return BlobTail.of(ByteBuffer.wrap(kept, kept.length - length, length), offset + kept.length);
  }

  @Override
  public void brokeOff(long from, long length) {
    blob.brokeOff(from, length);
  }

  /** What was fetched may be wrong, too: it is fetched again when it is wanted again. */
  @Override
  public void wrongBytes(long from, long length) {
    tail = null;
    blob.wrongBytes(from, length);
  }
}
