package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.concurrent.ArrayBlockingQueue;

/** Decompressors with their window and digest, kept for the next stream. Safe for any thread. */
final class DecoderPool implements AutoCloseable {
  /** 64 KiB: above it neither inflating nor writing gets faster. */
  static final int WINDOW_BYTES = 64 << 10;

  private final Limits limits;
  private final WindowBudget windows;
  private final ArrayBlockingQueue<Bench> idleGzip;
  private final ArrayBlockingQueue<Bench> idleZstd;
  private volatile boolean closed;

  /** What one decoding works with. Closing it gives it back. */
  final class Bench implements AutoCloseable {
    final StreamDecoder decoder;
    final ByteBuffer window = ByteBuffer.allocateDirect(WINDOW_BYTES);
    final MessageDigest sha256 = Digest.newSha256();

    Bench(StreamDecoder decoder) {
      this.decoder = decoder;
    }

    @Override
    public void close() {
      sha256.reset();
      decoder.rest();
      boolean kept =
          switch (decoder) {
            case GzipDecoder _ -> !closed && idleGzip.offer(this);
            case ZstdDecoder _ -> !closed && idleZstd.offer(this);
            case PlainDecoder _ -> false;
          };
      if (!kept) {
        decoder.close();
      }
      if (closed) {
        freeIdle();
      }
    }
  }

  /** Makes a pool that keeps at most {@code idle} decompressors of each kind. */
  DecoderPool(Limits limits, int idle) {
    this.limits = limits;
    windows = new WindowBudget(limits.zstdMemoryBytes());
    idleGzip = new ArrayBlockingQueue<>(idle);
    idleZstd = new ArrayBlockingQueue<>(idle);
  }

  Bench borrow(Compression compression) {
    var bench =
        switch (compression) {
          case GZIP -> idleGzip.poll();
          case ZSTD -> idleZstd.poll();
          case NONE -> null;
        };
    if (bench != null) {
      return bench;
    }
    return new Bench(
        switch (compression) {
          case GZIP -> new GzipDecoder(limits);
          case ZSTD -> new ZstdDecoder(limits, windows);
          case NONE -> new PlainDecoder();
        });
  }

  boolean isMemoryWanted() {
    return windows.isWanted();
  }

  private void freeIdle() {
    for (Bench bench; (bench = idleGzip.poll()) != null; ) {
      bench.decoder.close();
    }
    for (Bench bench; (bench = idleZstd.poll()) != null; ) {
      bench.decoder.close();
    }
  }

  @Override
  public void close() {
    closed = true;
    freeIdle();
  }
}
