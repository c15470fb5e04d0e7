package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.Writer;
import dev.lazuli.cache.WriterRefusedException;
import dev.lazuli.estargz.ChunkSink;
import dev.lazuli.snapshotter.fetch.HeldChunks.Held;
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
  private final HeldChunks held = new HeldChunks();

  StreamSink(StreamParts parts, AttachedLayer layer, Flight flight) {
    this.parts = parts;
    this.layer = layer;
    this.flight = flight;
  }

  @Override
  @SuppressWarnings("MustBeClosed") // By abort, which close calls.
  public void begin(int next) throws IOException {
    abortCurrent();
    // What is being held would be lost, and is nearly there.
    if (held.isEmpty() && !parts.events().mayBring(layer, flight, next)) {
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
    try {
      commit(new Held(chunk, writer, sha256));
    } finally {
      abortCurrent(); // Without effect on what was committed.
    }
  }

  /** Without a writer, another is at work on the chunk. */
  private void commit(Held written) throws IOException {
    var writing = written.writer();
    if (writing == null) {
      parts.events().passed(flight, written.chunk() + 1);
      return;
    }
    writing.commit(written.sha256());
    Priority priority = flight.priority();
    long size = layer.view().chunkSize(written.chunk());
    parts.listener().chunkFetched(layer.name(), written.chunk(), size, priority);
    parts.events().committed(layer, flight, written.chunk());
  }

  @Override
  public void hold(byte[] sha256) {
    held.add(chunk, writer, sha256);
    writer = null;
  }

  /** Another's chunk is compared with ours when it is committed. */
  @Override
  public int commitHeld() throws IOException {
    try {
      for (Held written : held) {
        commit(written);
      }
    } finally {
      abort(); // Without effect on what was committed.
    }
    return -1;
  }

  /** Aborts the chunk at work and those being held, if there are any. Idempotent. */
  @Override
  public void abort() {
    abortCurrent();
    held.abort();
  }

  private void abortCurrent() {
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
