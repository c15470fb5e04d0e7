package dev.lazuli.snapshotter.proof;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.Writer;
import dev.lazuli.cache.WriterRefusedException;
import dev.lazuli.estargz.ChunkSink;
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
    var writing = writer;
    if (writing == null) {
      return;
    }
    try {
      writing.commit(sha256);
      writer = null;
    } catch (IOException e) {
      giveUp(e);
      return;
    }
    arrived.accept(chunk);
  }

  /** A disk that is full now counts as full for the rest of this pass. */
  private void giveUp(IOException reason) {
    failed = true;
    abort();
    notStored.accept(reason);
    log.warn(
        "layer {}: chunk {} is not stored while the layer is proved: {}",
        data.record().digest(),
        chunk,
        reason.getMessage());
  }

  @Override
  public void abort() {
    var writing = writer;
    writer = null;
    if (writing != null) {
      writing.abort();
    }
  }
}
