package dev.lazuli.estargz.build;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * Compresses segments on several threads and writes them in order. At most one segment per thread
 * and one more are in memory; {@link #submit} waits for the oldest when there are more.
 */
final class SegmentPipeline implements AutoCloseable {
  private final BlobOutput blob;
  private final int threads;
  private final Supplier<SegmentCompressor> compressors;
  private final ExecutorService workers;
  private final ArrayDeque<Job> running = new ArrayDeque<>();
  private final ArrayDeque<Job> idle = new ArrayDeque<>();
  private final ConcurrentLinkedQueue<SegmentCompressor> idleCompressors =
      new ConcurrentLinkedQueue<>();

  private static final class Job {
    Segment segment = new Segment();
    final ByteSink compressed = new ByteSink();
    Future<?> done = CompletableFuture.completedFuture(null);
  }

  SegmentPipeline(BlobOutput blob, int threads, Supplier<SegmentCompressor> compressors) {
    this.blob = blob;
    this.threads = threads;
    this.compressors = compressors;
    workers =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().daemon().name("lazuli-build-", 0).factory());
  }

  /** Takes a full segment and returns an empty one. */
  Segment submit(Segment segment) throws IOException {
    var job = idle.isEmpty() ? new Job() : idle.pop();
    var empty = job.segment;
    empty.clear();
    job.segment = segment;
    job.compressed.clear();
    job.done = workers.submit(() -> compress(job));
    running.add(job);
    while (running.size() > threads) {
      writeOldest();
    }
    return empty;
  }

  private void compress(Job job) {
    var idleOne = idleCompressors.poll();
    var compressor = idleOne == null ? compressors.get() : idleOne;
    compressor.compress(job.segment, job.compressed);
    idleCompressors.add(compressor);
  }

  /** Writes all that is under way. */
  void flush() throws IOException {
    while (!running.isEmpty()) {
      writeOldest();
    }
  }

  private void writeOldest() throws IOException {
    var job = running.remove();
    try {
      job.done.get();
    } catch (ExecutionException e) {
      throw new IOException("compression failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while compressing");
    }
    var start = blob.count();
    job.compressed.writeTo(blob);
    for (var mark : job.segment.marks) {
      mark.chunk().blobOffset += start;
      mark.chunk().written = true;
    }
    idle.push(job);
  }

  @Override
  public void close() {
    workers.shutdownNow();
    workers.close();
    for (SegmentCompressor compressor; (compressor = idleCompressors.poll()) != null; ) {
      compressor.close();
    }
  }
}
