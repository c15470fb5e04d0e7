package dev.lazuli.snapshotter.layers.index;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.BlobTail;
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
 * A blob whose reader waits no longer than its {@link ReadPace} allows, whatever the registry does:
 * everything that may wait for the network has a thread of its own, one for each stream, which is
 * left behind when the time is over. It closes what it has opened, since only the thread that reads
 * a stream can give its buffers back. For one thread.
 */
public final class PacedBlob implements BlobSource {
  private final BlobSource blob;
  private final ReadPace pace;

  /**
   * Returns a blob that is read until a deadline.
   *
   * @param timeout from now to the deadline
   */
  public static PacedBlob within(BlobSource blob, Duration timeout) {
    return new PacedBlob(blob, new ReadPace(timeout, System::nanoTime));
  }

  PacedBlob(BlobSource blob, ReadPace pace) {
    this.blob = blob;
    this.pace = pace;
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
    return openWatched(() -> blob.open(offset, length), WatchedStream::new);
  }

  @Override
  public BlobTail openTail(long most) throws IOException {
    return openWatched(
        () -> blob.openTail(most),
        (tail, reader) ->
            new BlobTail(tail.offset(), tail.length(), new WatchedStream(tail.stream(), reader)));
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

  private final class WatchedStream implements BlobStream {
    private final BlobStream stream;
    private final ExecutorService reader;

    WatchedStream(BlobStream stream, ExecutorService reader) {
      this.stream = stream;
      this.reader = reader;
    }

    @Override
    public @Nullable ByteBuffer next() throws IOException {
      return await(start(reader, stream::next));
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
    while (true) {
      long patience = pace.nanosToWait();
      long since = pace.now();
      try {
        var result = answer.get(patience, TimeUnit.NANOSECONDS);
        pace.waited(since, result instanceof ByteBuffer bytes ? bytes.remaining() : 0);
        return result;
      } catch (TimeoutException e) {
        pace.waited(since, 0);
      } catch (ExecutionException e) {
        throw failure(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while reading a layer's index");
      }
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
