package dev.lazuli.snapshotter.share;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.checkpoint.Checkpoint;
import dev.lazuli.estargz.index.IndexRecorder;
import dev.lazuli.snapshotter.bulk.PullRecording;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The index of a layer, growing while the layer is pulled. For one thread. */
final class RecordedIndex implements PullRecording {
  private static final Logger log = LoggerFactory.getLogger(RecordedIndex.class);

  /**
   * All that is needed to write the index of a layer that was right.
   *
   * @param recorder whoever gets this closes it
   */
  record Whole(Digest layer, long blobBytes, Compression compression, IndexRecorder recorder) {}

  private interface Note {
    void take() throws IOException;
  }

  private final Digest layer;
  private final long blobBytes;
  private final IndexRecorder recorder;
  private final Consumer<Whole> taker;

  /** Of no use any more, or another's by now. */
  private boolean ended;

  /**
   * Begins an index.
   *
   * @param recorder closed by this, unless the taker gets it
   * @param taker gets the index if the pull succeeds
   */
  RecordedIndex(Digest layer, long blobBytes, IndexRecorder recorder, Consumer<Whole> taker) {
    this.layer = layer;
    this.blobBytes = blobBytes;
    this.recorder = recorder;
    this.taker = taker;
  }

  @Override
  public ContentSink beside(ContentSink sink) {
    return new Tee(sink);
  }

  /** A full disk, for one, ends the notes and not the pull. */
  private void note(Note note) {
    if (ended) {
      return;
    }
    try {
      note.take();
    } catch (IOException | RuntimeException e) {
      log.warn("layer {}: no index of it is published: {}", layer, e.toString());
      close();
    }
  }

  @Override
  public void succeeded(Compression compression) {
    if (!ended) {
      ended = true;
      taker.accept(new Whole(layer, blobBytes, compression, recorder));
    }
  }

  @Override
  public void close() {
    if (!ended) {
      ended = true;
      close(recorder, layer);
    }
  }

  /** Closes what nobody needs any more. */
  static void close(IndexRecorder recorder, Digest layer) {
    try {
      recorder.close();
    } catch (IOException e) {
      log.warn("layer {}: what was noted of its index: {}", layer, e.toString());
    }
  }

  private final class Tee implements ContentSink {
    private final ContentSink sink;

    Tee(ContentSink sink) {
      this.sink = sink;
    }

    @Override
    public void write(long dataOffset, ByteBuffer window) throws IOException {
      sink.write(dataOffset, window);
    }

    @Override
    public void chunk(
        long dataOffset, long size, long blobOffset, long blobEnd, long innerOffset, byte[] sha256)
        throws IOException {
      sink.chunk(dataOffset, size, blobOffset, blobEnd, innerOffset, sha256);
      note(() -> recorder.chunk(dataOffset, size, blobOffset, blobEnd, innerOffset, sha256));
    }

    @Override
    public void checkpoint(Checkpoint checkpoint, byte[] window) throws IOException {
      sink.checkpoint(checkpoint, window);
      note(() -> recorder.checkpoint(checkpoint, window));
    }

    @Override
    public void headers(ByteBuffer bytes) throws IOException {
      sink.headers(bytes.duplicate());
      note(() -> recorder.headers(bytes));
    }
  }
}
