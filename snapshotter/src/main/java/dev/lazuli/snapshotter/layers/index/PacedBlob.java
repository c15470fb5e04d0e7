package dev.lazuli.snapshotter.layers.index;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.BlobTail;
import dev.lazuli.registry.model.LeastRate;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A blob whose reader waits no longer than its {@link ReadPace} allows, whatever the registry does.
 * A host whose bytes stop or drip is left for the next one well before that, and the stream goes on
 * where it was. Everything that may wait for the network has a thread of its own, one for each
 * stream, which is left behind when the time is over. It closes what it has opened, since only the
 * thread that reads a stream can give its buffers back. For one thread.
 */
public final class PacedBlob implements BlobSource {
  /** Longer than any deadline. */
  private static final Duration NEVER = Duration.ofDays(365);

  private final BlobSource blob;
  private final ReadPace pace;
  private final Duration stall;

  /**
   * Returns a blob that is read until a deadline.
   *
   * @param timeout from now to the deadline
   */
  public static PacedBlob within(BlobSource blob, Duration timeout) {
    return new PacedBlob(blob, new ReadPace(timeout, System::nanoTime));
  }

  PacedBlob(BlobSource blob, ReadPace pace) {
    this(blob, pace, pace.stall());
  }

  /**
   * Returns a blob.
   *
   * @param stall how long a host may send less than the {@link LeastRate}
   */
  PacedBlob(BlobSource blob, ReadPace pace, Duration stall) {
    this.blob = blob;
    this.pace = pace;
    this.stall = stall;
  }

  /** Something that may wait for the network. */
  @FunctionalInterface
  private interface Call<T extends @Nullable Object> {
    T run() throws IOException;
  }

  @Override
  public long size() throws IOException {
    ExecutorService reader = reader();
    try {
      return await(start(reader, blob::size));
    } finally {
      reader.shutdown();
    }
  }

  @Override
  public BlobStream open(long offset, long length) throws IOException {
    return openWatched(
        () -> blob.open(offset, length),
        (stream, reader) -> new WatchedStream(offset, length, stream, reader));
  }

  @Override
  public BlobTail openTail(long most) throws IOException {
    return openWatched(
        () -> blob.openTail(most),
        (tail, reader) -> {
          var stream = new WatchedStream(tail.offset(), tail.length(), tail.stream(), reader);
          return new BlobTail(tail.offset(), tail.length(), stream);
        });
  }

  /** Opens something with a reader's thread, which whoever watches what was opened then ends. */
  private <T extends AutoCloseable> T openWatched(
      Call<T> open, BiFunction<T, ExecutorService, T> watch) throws IOException {
    ExecutorService reader = reader();
    var opening = start(reader, open);
    boolean opened = false;
    try {
      var watched = watch.apply(await(opening), reader);
      opened = true;
      return watched;
    } finally {
      if (!opened) {
        reader.execute(() -> closeIfOpen(opening));
        reader.shutdown();
      }
    }
  }

  private static void closeIfOpen(CompletableFuture<? extends AutoCloseable> opening) {
    try {
      if (!opening.isCompletedExceptionally()) {
        opening.join().close();
      }
    } catch (Exception e) {
      throw new AssertionError("closing a stream or a tail throws nothing", e);
    }
  }

  @Override
  public void wrongBytes(long offset, long length) {
    blob.wrongBytes(offset, length);
  }

  @Override
  public void brokeOff(long offset, long length) {
    blob.brokeOff(offset, length);
  }

  /** A host sends too little; another may send more. */
  private static final class StalledException extends IOException {
    private static final long serialVersionUID = 1;
  }

  private final class WatchedStream implements BlobStream {
    private BlobStream stream;
    private ExecutorService reader;
    private LeastRate rate = new LeastRate(stall);
    private long offset;
    private long left;

    WatchedStream(long offset, long length, BlobStream stream, ExecutorService reader) {
      this.offset = offset;
      this.left = length;
      this.stream = stream;
      this.reader = reader;
    }

    @Override
    public @Nullable ByteBuffer next() throws IOException {
      while (true) {
        try {
          var piece = await(start(reader, stream::next), rate);
          if (piece != null) {
            offset += piece.remaining();
            left -= piece.remaining();
          }
          return piece;
        } catch (StalledException _) {
          reopen();
        }
      }
    }

    /** Goes on at the next host, if there is one, until the pace allows no more waiting. */
    private void reopen() throws IOException {
      if (left > 0) {
        blob.brokeOff(offset, left);
        close();
        long from = offset;
        long length = left;
        var _ = openWatched(() -> blob.open(from, length), this::takeOver);
      }
    }

    private BlobStream takeOver(BlobStream next, ExecutorService nextReader) {
      stream = next;
      reader = nextReader;
      rate = new LeastRate(stall);
      return next;
    }

    @Override
    public void close() {
      stream.close();
      if (!reader.isShutdown()) {
        reader.execute(stream::close);
        reader.shutdown();
      }
    }
  }

  private static ExecutorService reader() {
    return Executors.newSingleThreadExecutor(Thread.ofVirtual().name("index-read").factory());
  }

  private static <T extends @Nullable Object> CompletableFuture<T> start(
      ExecutorService reader, Call<T> call) {
    var answer = new CompletableFuture<T>();
    reader.execute(
        () -> {
          try {
            answer.complete(call.run());
          } catch (Throwable e) {
            answer.completeExceptionally(e);
          }
        });
    return answer;
  }

  private <T extends @Nullable Object> T await(CompletableFuture<T> answer) throws IOException {
    return await(answer, new LeastRate(NEVER));
  }

  /**
   * Waits for something.
   *
   * @param rate what its host must send
   * @throws StalledException if it sends less
   */
  private <T extends @Nullable Object> T await(CompletableFuture<T> answer, LeastRate rate)
      throws IOException {
    while (true) {
      long patience = Math.min(pace.nanosToWait(), rate.nanosToNextLook());
      long since = pace.now();
      try {
        var result = answer.get(patience, TimeUnit.NANOSECONDS);
        int bytes = result instanceof ByteBuffer piece ? piece.remaining() : 0;
        pace.waited(since, bytes);
        var _ = isStalled(rate, bytes, since); // What has come is taken in any case.
        return result;
      } catch (TimeoutException e) {
        pace.waited(since, 0);
        if (isStalled(rate, 0, since)) {
          throw new StalledException();
        }
      } catch (ExecutionException e) {
        throw failure(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while reading a layer's index");
      }
    }
  }

  private boolean isStalled(LeastRate rate, int bytes, long since) {
    try {
      rate.received(bytes, pace.now() - since);
      return false;
    } catch (IOException _) {
      return true;
    }
  }

  private static IOException failure(@Nullable Throwable cause) {
    return switch (cause) {
      case IOException e -> e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case null, default -> new IOException(cause);
    };
  }
}
