package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.Writer;
import dev.lazuli.cache.WriterRefusedException;
import dev.lazuli.estargz.ChunkSink;
import dev.lazuli.snapshotter.fetch.plan.Flight;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import dev.lazuli.snapshotter.fetch.plan.StreamEnded;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Takes decoded chunks of one range into the cache; drops those that another writer is at work on.
 * Must be closed: a writer that is left open keeps all others from its chunk.
 */
final class StreamSink implements ChunkSink, AutoCloseable {
  private final StreamParts parts;
  private final AttachedLayer layer;
  private final Flight flight;
  private int chunk;
  private @Nullable Writer writer;

  StreamSink(StreamParts parts, AttachedLayer layer, Flight flight) {
    this.parts = parts;
    this.layer = layer;
    this.flight = flight;
  }

  @Override
  @SuppressWarnings("MustBeClosed") // By abort, which close calls.
  public void begin(int next) throws IOException {
    abort();
    if (!parts.events().mayBring(layer, flight, next)) {
      throw new StreamEnded();
    }
    chunk = next;
    try {
      // What nobody waits for takes no room from what is there.
      boolean waitedFor = flight.priority() == Priority.ON_DEMAND;
      LayerData data = layer.data();
      writer = waitedFor ? data.writer(next) : data.writerInAdvance(next);
    } catch (WriterRefusedException e) {
      writer = null;
    }
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
      parts.events().passed(flight, chunk + 1);
      return;
    }
    try {
      committing.commit(sha256);
    } finally {
      abort(); // Without effect on what was committed.
    }
    Priority priority = flight.priority();
    long size = layer.view().chunkSize(chunk);
    parts.listener().chunkFetched(layer.name(), chunk, size, priority);
    parts.events().committed(layer, flight, chunk);
  }

  /** Aborts the chunk at work, if there is one. Idempotent. */
  @Override
  public void abort() {
    Writer aborting = writer;
    writer = null;
    if (aborting != null) {
      aborting.close();
    }
  }

  @Override
  public void close() {
    abort();
  }
}
