package dev.lazuli.snapshotter.fetch;

import dev.lazuli.estargz.BlobRanges;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ByteRange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A blob in memory behind a link that can be slow or broken. */
public final class TestSource implements BlobSource {
  record Range(long offset, long length) {}

  /** Decides how one range behaves. */
  public interface Behaviour {
    /** Called before each piece at {@code at}, {@code delivered} bytes into the range. */
    void beforePiece(long at, long delivered) throws IOException, InterruptedException;
  }

  /** Nothing comes, until the stream is given up. */
  static final Behaviour SILENCE = (_, _) -> new CountDownLatch(1).await();

  public final byte[] blob;
  final List<Range> ranges = new CopyOnWriteArrayList<>();
  public final AtomicInteger requests = new AtomicInteger();
  final AtomicInteger open = new AtomicInteger();
  volatile int pieceBytes = 16 << 10;
  public volatile Behaviour onOpen = (_, _) -> {};
  public volatile Behaviour onPiece = (_, _) -> {};
  volatile boolean corrupt;

  /** Ranges that are taken in one request. */
  volatile int rangesAtOnce = 1;

  /** Whether the first request of several ranges shows that only single ones are answered. */
  volatile boolean singleAfterAll;

  public final AtomicInteger distrusted = new AtomicInteger();
  final AtomicInteger brokenOff = new AtomicInteger();

  public TestSource(byte[] blob) {
    this.blob = blob;
  }

  @Override
  public long size() {
    return blob.length;
  }

  @Override
  public void wrongBytes(long offset, long length) {
    distrusted.incrementAndGet();
  }

  @Override
  public void brokeOff(long offset, long length) {
    brokenOff.incrementAndGet();
  }

  private static void play(Behaviour behaviour, long at, long delivered) throws IOException {
    try {
      behaviour.beforePiece(at, delivered);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public BlobStream open(long offset, long length) throws IOException {
    if (offset < 0 || length < 1 || offset + length > blob.length) {
      throw new IOException("range %d+%d of %d".formatted(offset, length, blob.length));
    }
    ranges.add(new Range(offset, length));
    requests.incrementAndGet();
    play(onOpen, offset, 0);
    open.incrementAndGet();
    return new Stream(offset, offset + length);
  }

  @Override
  public int rangesAtOnce() {
    return rangesAtOnce;
  }

  @Override
  public BlobRanges open(List<ByteRange> wanted) throws IOException {
    if (wanted.size() == 1 || singleAfterAll) {
      rangesAtOnce = singleAfterAll ? 1 : rangesAtOnce;
      return BlobSource.super.open(wanted);
    }
    long end = 0;
    for (ByteRange range : wanted) {
      if (range.offset() < end || range.end() > blob.length || wanted.size() > rangesAtOnce) {
        throw new IOException("ranges " + wanted);
      }
      end = range.end();
      ranges.add(new Range(range.offset(), range.length()));
    }
    requests.incrementAndGet();
    play(onOpen, wanted.getFirst().offset(), 0);
    open.incrementAndGet();
    return new Streams(wanted);
  }

  /** Several ranges of one request. */
  private final class Streams implements BlobRanges {
    private final Iterator<ByteRange> left;
    private @Nullable Stream current;
    private boolean closed;

    Streams(List<ByteRange> wanted) {
      this.left = wanted.iterator();
    }

    @Override
    public synchronized @Nullable BlobStream next() throws IOException {
      if (closed) {
        throw new IOException("ranges were closed");
      }
      if (!left.hasNext()) {
        return null;
      }
      ByteRange range = left.next();
      open.incrementAndGet(); // the stream's own
      endCurrent();
      current = new Stream(range.offset(), range.end());
      return current;
    }

    private void endCurrent() {
      if (current != null) {
        current.close();
      }
    }

    @Override
    public synchronized void close() {
      endCurrent();
      if (!closed) {
        closed = true;
        open.decrementAndGet();
      }
    }
  }

  private final class Stream implements BlobStream {
    private final long start;
    private final long end;
    private long at;
    private boolean closed;
    private @Nullable Thread waiting;

    Stream(long start, long end) {
      this.start = start;
      this.end = end;
      this.at = start;
    }

    @Override
    public @Nullable ByteBuffer next() throws IOException {
      waiting(Thread.currentThread());
      try {
        play(onPiece, at, at - start);
      } finally {
        waiting(null);
      }
      synchronized (this) {
        if (closed) {
          throw new IOException("stream was closed");
        }
        if (at == end) {
          return null;
        }
        int length = (int) Math.min(pieceBytes, end - at);
        ByteBuffer piece = ByteBuffer.allocateDirect(length);
        piece.put(blob, (int) at, length).flip();
        if (corrupt) {
          piece.put(length / 2, (byte) (piece.get(length / 2) ^ 1));
        }
        at += length;
        return piece;
      }
    }

    private synchronized void waiting(@Nullable Thread thread) {
      waiting = thread;
      if (thread == null) {
        Thread.interrupted(); // One that came from close.
      }
    }

    /** Ends a waiting reader too, as a body from the network does. */
    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        open.decrementAndGet();
        if (waiting != null) {
          waiting.interrupt();
        }
      }
    }
  }
}
