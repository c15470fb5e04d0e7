package dev.lazuli.snapshotter.proof;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.Writer;
import dev.lazuli.cache.WriterRefusedException;
import dev.lazuli.estargz.ChunkSink;
import dev.lazuli.snapshotter.fetch.HeldChunks;
import dev.lazuli.snapshotter.fetch.HeldChunks.Held;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores those chunks of a pass that are missing, as long as there is room. A chunk that cannot be
 * stored is left to the ordinary fetch: the proof needs its digest, not its bytes.
 */
final class MissingChunks implements ChunkSink {
  private static final Logger log = LoggerFactory.getLogger(MissingChunks.class);

  private final LayerData data;
  private final IntConsumer arrived;
  private final Consumer<IOException> notStored;
  private final HeldChunks held = new HeldChunks();
  private @Nullable Writer writer;
  private int chunk;
  private boolean failed;

  /**
   * Makes a sink for one pass.
   *
   * @param arrived told of each chunk that was stored
   * @param notStored told of the first that could not be; none is after it
   */
  MissingChunks(LayerData data, IntConsumer arrived, Consumer<IOException> notStored) {
    this.data = data;
    this.arrived = arrived;
    this.notStored = notStored;
  }

  @Override
  @SuppressWarnings("MustBeClosed") // By abort, which the decoder calls.
  public void begin(int next) {
    chunk = next;
    writer = null;
    if (failed || data.isPresent(next) || !data.hasRoomFor(next)) {
      return;
    }
    try {
      writer = data.writerInAdvance(next);
    } catch (WriterRefusedException e) {
      log.trace("chunk {} comes from elsewhere: {}", next, e.getMessage());
    }
  }

  @Override
  public void write(ByteBuffer window) {
    var writing = writer;
    if (writing != null) {
      try {
        writing.write(window);
      } catch (IOException e) {
        giveUp(e);
      }
    }
  }

  @Override
  public void commit(byte[] sha256) {
    var found = new Held(chunk, writer, sha256);
    writer = null;
    commit(found);
  }

  /** Without a writer, the chunk is here already or cannot be stored. */
  private void commit(Held found) {
    if (found.writer() == null) {
      return;
    }
    try (var writing = found.writer()) {
      writing.commit(found.sha256());
    } catch (IOException e) {
      giveUp(e);
      return;
    }
    arrived.accept(found.chunk());
  }

  @Override
  public void hold(byte[] sha256) {
    held.add(chunk, writer, sha256);
    writer = null;
  }

  /**
   * Whatever becomes of its bytes, each chunk has the digest from now on that it has in the tar.
   */
  @Override
  public int commitHeld() throws IOException {
    int other = -1;
    try {
      for (var found : held) {
        if (other < 0 && !data.chunks().accepts(found.chunk(), found.sha256())) {
          other = found.chunk();
        }
        if (other < 0) {
          commit(found);
        }
      }
    } finally {
      abort(); // Without effect on what was committed.
    }
    return other;
  }

  /** Before a wait: readers must not wait for what is being held. Its digests are still learnt. */
  void letGo() {
    held.letGo();
  }

  /** A disk that is full now counts as full for the rest of this pass. */
  private void giveUp(IOException reason) {
    failed = true;
    abortCurrent();
    notStored.accept(reason);
    log.warn(
        "layer {}: chunk {} is not stored while the layer is proved: {}",
        data.record().digest(),
        chunk,
        reason.getMessage());
  }

  @Override
  public void abort() {
    abortCurrent();
    held.abort();
  }

  private void abortCurrent() {
    var writing = writer;
    writer = null;
    if (writing != null) {
      writing.abort();
    }
  }
}
