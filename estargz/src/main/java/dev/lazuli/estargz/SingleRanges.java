package dev.lazuli.estargz;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Several ranges of a blob that knows only single ones: each is opened when it is reached. */
final class SingleRanges implements BlobRanges {
  private final BlobSource blob;
  private final Iterator<ByteRange> left;
  private @Nullable BlobStream current;
  private boolean closed;

  SingleRanges(BlobSource blob, List<ByteRange> ranges) {
    this.blob = blob;
    this.left = List.copyOf(ranges).iterator();
  }

  @Override
  public @Nullable BlobStream next() throws IOException {
    enter(null);
    if (!left.hasNext()) {
      return null;
    }
    ByteRange range = left.next();
    BlobStream opened = blob.open(range.offset(), range.length());
    enter(opened);
    return opened;
  }

  /** Goes from the current range to another one. */
  private synchronized void enter(@Nullable BlobStream range) throws IOException {
    if (current != null) {
      current.close();
    }
    current = range;
    if (closed) {
      close();
      throw new IOException("ranges of a blob: closed");
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (current != null) {
      current.close();
    }
  }
}
