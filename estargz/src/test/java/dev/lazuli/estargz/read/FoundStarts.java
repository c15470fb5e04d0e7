package dev.lazuli.estargz.read;

import dev.lazuli.estargz.checkpoint.Checkpoint;
import dev.lazuli.estargz.checkpoint.CheckpointSink;
import dev.lazuli.estargz.checkpoint.StreamStarts;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Keeps in memory where decompression can start. */
public final class FoundStarts implements CheckpointSink, StreamStarts {
  private final List<Checkpoint> starts = new ArrayList<>();
  private final List<byte[]> windows = new ArrayList<>();

  @Override
  public void checkpoint(Checkpoint checkpoint, byte[] window) {
    starts.add(checkpoint);
    windows.add(window);
  }

  public int count() {
    return starts.size();
  }

  public Checkpoint get(int start) {
    return starts.get(start);
  }

  /** Puts another start in the place of one. */
  public void change(int start, Checkpoint other, byte[] window) {
    starts.set(start, other);
    windows.set(start, window);
  }

  @Override
  public int find(long blobOffset) {
    for (int i = 0; i < starts.size(); i++) {
      if (starts.get(i).blobOffset() == blobOffset) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public int bit(int start) {
    return starts.get(start).bit();
  }

  @Override
  public long tarOffset(int start) {
    return starts.get(start).tarOffset();
  }

  @Override
  public ByteBuffer window(int start) {
    return ByteBuffer.wrap(windows.get(start));
  }
}
