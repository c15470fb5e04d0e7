package dev.lazuli.snapshotter.fetch;

import dev.lazuli.snapshotter.fetch.plan.InOrderChunks;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Chunks of many sizes, each in a compressed stream of its own, without files. */
final class SizedChunks extends InOrderChunks {
  /** Compressed bytes of headers between the content of two files. */
  private static final int HEADER = 300;

  private static final int MOST_CHUNK = 1 << 20;

  /** The chunks of one file. */
  record FileChunks(int from, int to) {}

  private final List<Long> starts = new ArrayList<>();
  private final List<Long> ends = new ArrayList<>();
  private final List<FileChunks> files = new ArrayList<>();

  private SizedChunks(String name) {
    super(name);
  }

  /** Returns a layer with files of a few KB, and a tenth of them large, as packages have. */
  static SizedChunks packages(String name, long bytes, Random random) {
    var chunks = new SizedChunks(name);
    while (chunks.blobBytes() < bytes) {
      double mean = random.nextInt(10) == 0 ? 250_000 : 6_000;
      chunks.addFile((long) (200 - mean * Math.log(1 - random.nextDouble())));
    }
    return chunks;
  }

  /** Returns a layer with one file. */
  static SizedChunks oneFile(String name, long bytes) {
    var chunks = new SizedChunks(name);
    chunks.addFile(bytes);
    return chunks;
  }

  private void addFile(long bytes) {
    int from = starts.size();
    long at = blobBytes() + HEADER;
    for (long left = bytes; left > 0; left -= MOST_CHUNK) {
      long length = Math.min(left, MOST_CHUNK);
      starts.add(at);
      ends.add(at + length);
      at += length;
    }
    files.add(new FileChunks(from, starts.size()));
  }

  List<FileChunks> files() {
    return files;
  }

  long blobBytes() {
    return ends.isEmpty() ? 0 : ends.getLast();
  }

  @Override
  public int chunkCount() {
    return starts.size();
  }

  @Override
  public long chunkBlobOffset(int chunk) {
    return starts.get(chunk);
  }

  @Override
  public long chunkBlobEnd(int chunk) {
    return ends.get(chunk);
  }
}
