package dev.lazuli.snapshotter.layers;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A blob whose reader waits no longer than its {@link ReadPace} allows, whatever the registry does:
 * each call that may wait for the network has a thread of its own, which is left behind when the
 * time is over. What it ends with is closed. For one thread.
 */
final class PacedBlob implements BlobSource {
  private final BlobSource blob;
  private final ReadPace pace;

  PacedBlob(BlobSource blob, ReadPace pace) {
    this.blob = blob;
    this.pace = pace;
  }

  /** Something that may wait for the network. */
  @FunctionalInterface
  private interface Call<T> {
    @Nullable T run() throws IOException;
  }

  @Override
  public long size() throws IOException {
    Long size = await(blob::size, _ -> {});
    return size == null ? -1 : size;
  }

  @Override
  public BlobStream open(long offset, long length) throws IOException {
    var stream = await(() -> blob.open(offset, length), BlobStream::close);
    if (stream == null) {
      throw new IOException("no stream");
    }
    return new PacedStream(stream);
  }

  @Override
  public void wrongBytes(long offset, long length) {
    blob.wrongBytes(offset, length);
  }

  private final class PacedStream implements BlobStream {
    private final BlobStream stream;

    PacedStream(BlobStream stream) {
      this.stream = stream;
    }

    @Override
    public @Nullable ByteBuffer next() throws IOException {
      return await(stream::next, _ -> {});
    }

    @Override
    public void close() {
      stream.close();
    }
  }

  private <T> @Nullable T await(Call<T> call, Consumer<T> late) throws IOException {
    var answer = start(call);
    boolean taken = false;
    try {
      var result = await(answer);
      taken = true;
      return result;
    } finally {
      if (!taken) {
        var _ = answer.thenAccept(result -> Optional.ofNullable(result).ifPresent(late));
      }
    }
  }

  private static <T> CompletableFuture<@Nullable T> start(Call<T> call) {
    var answer = new CompletableFuture<@Nullable T>();
    Thread.ofVirtual()
        .name("index-read")
        .start(
            () -> {
              try {
                answer.complete(call.run());
              } catch (Throwable e) {
                answer.completeExceptionally(e);
              }
            });
    return answer;
  }

  private <T> @Nullable T await(CompletableFuture<@Nullable T> answer) throws IOException {
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
