package dev.lazuli.snapshotter.fetch;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.Writer;
import dev.lazuli.cache.WriterRefusedException;
import dev.lazuli.estargz.ChunkSink;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Takes decoded chunks of one range into the cache; drops those that somebody else has written. */
final class StreamSink implements ChunkSink {
  private final FetchScheduler scheduler;
  private final RangeStream stream;
  private final FetchedLayer layer;
  private int chunk;
  private @Nullable Writer writer;

  StreamSink(FetchScheduler scheduler, RangeStream stream) {
    this.scheduler = scheduler;
    this.stream = stream;
    this.layer = stream.layer();
  }

  @Override
  @SuppressWarnings("MustBeClosed") // commit() or abort() ends it: see ChunkSink.
  public void begin(int next) throws IOException {
    stream.check(next);
    stream.advance(next);
    chunk = next;
    try {
      writer = writerOf(next);
    } catch (WriterRefusedException e) {
      writer = null;
    }
  }

  /** What nobody waits for evicts nothing. */
  @MustBeClosed
  private Writer writerOf(int next) throws WriterRefusedException {
    return stream.priority() == Priority.ON_DEMAND
        ? layer.data().writer(next)
        : layer.data().writerInAdvance(next);
  }

  @Override
  public void write(ByteBuffer window) throws IOException {
    if (writer != null) {
      writer.write(window);
    }
  }

  @Override
  public void commit(byte[] sha256) throws IOException {
    Writer committing = writer;
    if (committing == null) {
      stream.advance(chunk + 1);
      return;
    }
    try {
      committing.commit(sha256);
    } finally {
      // Aborts what could not be committed: a writer that is left open keeps all others out.
      abort();
    }
    Priority priority = stream.priority();
    stream.advance(chunk + 1);
    long size = layer.chunks().size(chunk);
    scheduler.listener().chunkFetched(layer.name(), chunk, size, priority);
    scheduler.arrived(layer, chunk);
  }

  /** Aborts the chunk at work, if there is one. Idempotent. */
  @Override
  public void abort() {
    Writer aborting = writer;
    writer = null;
    if (aborting != null) {
      aborting.abort();
    }
  }
}
