package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerRecord;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.NewLayer;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** The small JVM of {@link FetchMemoryTest}: fetches layers made of one gzip member repeated. */
final class FetchMemoryProbe {
  private static final int CHUNK_BYTES = 4 << 20;
  private static final int PIECE_BYTES = 64 << 10;

  private final LayerStore store;
  private final byte[] member;
  private final byte[] sha256;

  private FetchMemoryProbe(LayerStore store) {
    this.store = store;
    byte[] content = new byte[CHUNK_BYTES];
    byte[] noise = new byte[CHUNK_BYTES / 8];
    new Random(1).nextBytes(noise);
    System.arraycopy(noise, 0, content, CHUNK_BYTES / 4, noise.length);
    this.member = TestBlob.gzip(content);
    this.sha256 = TestBlob.sha256(content);
  }

  /** {@code main(root, "whole", MiB)} or {@code main(root, "streams", count)}. */
  public static void main(String[] args) throws Exception {
    var options = StoreOptions.defaults().withReuseEntries(0);
    try (var store = LayerStore.open(Path.of(args[0]), options)) {
      var probe = new FetchMemoryProbe(store);
      int number = Integer.parseInt(args[2]);
      if (args[1].equals("whole")) {
        probe.whole(number);
      } else {
        probe.streams(number);
      }
    }
  }

  private LayerData add(String digest, int chunks) throws IOException {
    var record =
        LayerRecord.of(digest, (long) chunks * member.length, "estargz", "gzip", digest, -1);
    try (NewLayer layer = store.create(record)) {
      Files.write(layer.meta(), new byte[4096]);
      for (long i = 0; i < chunks; i++) {
        long start = i * member.length;
        layer.chunks().add(i * CHUNK_BYTES, CHUNK_BYTES, start, start + member.length, 0, sha256);
      }
      return layer.commit();
    }
  }

  private static String digest(int i) {
    return "sha256:%064x".formatted(i);
  }

  private void whole(int mebibytes) throws Exception {
    int chunks = mebibytes / (CHUNK_BYTES >> 20);
    try (var scheduler =
            new FetchScheduler(FetchOptions.DEFAULT, Limits.DEFAULT, FetchListener.NONE);
        LayerData data = add(digest(1), chunks)) {
      long start = System.nanoTime();
      LayerFetch fetch =
          scheduler.attach(data, new Repeated(chunks, new Semaphore(1 << 30)), Compression.GZIP);
      fetch.background();
      while (data.presentCount() < chunks) {
        Thread.sleep(1);
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      fetch.completed().get();
      System.out.printf(
          "%d MiB in %.2f s, %.0f MiB/s, heap and direct %d KiB, complete%n",
          mebibytes, seconds, mebibytes / seconds, used() >> 10);
    }
  }

  private void streams(int count) throws Exception {
    var handles = new ArrayList<AutoCloseable>();
    var options = FetchOptions.DEFAULT.withStreams(32, 31, 1);
    var scheduler = new FetchScheduler(options, Limits.DEFAULT, FetchListener.NONE);
    var flow = new ArrayList<Semaphore>();
    long first = 0;
    for (int i = 1; i <= count; i++) {
      LayerData data = add(digest(i), 4);
      handles.add(data);
      var pieces = new Semaphore(5);
      flow.add(pieces);
      scheduler.attach(data, new Repeated(4, pieces), Compression.GZIP).background();
      while (pieces.availablePermits() > 0 || !pieces.hasQueuedThreads()) {
        Thread.sleep(1);
      }
      if (i == 1) {
        first = used();
      }
    }
    long all = used();
    System.out.printf("%d streams, %d KiB, the first %d KiB%n", count, all >> 10, first >> 10);
    System.out.printf("bytes per further stream: %d%n", (all - first) / (count - 1));
    flow.forEach(pieces -> pieces.release(1 << 20));
    scheduler.close();
    for (AutoCloseable handle : handles) {
      handle.close();
    }
  }

  /** Returns live heap and direct memory, in bytes. */
  @SuppressWarnings("CallToSystemGC")
  private static long used() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(20);
    }
    long bytes = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    List<BufferPoolMXBean> pools = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class);
    for (BufferPoolMXBean pool : pools) {
      bytes += pool.getName().equals("direct") ? pool.getMemoryUsed() : 0;
    }
    return bytes;
  }

  /** The member {@code count} times, without having them; one permit per piece. */
  private final class Repeated implements BlobSource {
    private final int count;
    private final Semaphore pieces;

    Repeated(int count, Semaphore pieces) {
      this.count = count;
      this.pieces = pieces;
    }

    @Override
    public long size() {
      return (long) count * member.length;
    }

    @Override
    public BlobStream open(long offset, long length) {
      return new BlobStream() {
        private final ByteBuffer piece = ByteBuffer.allocateDirect(PIECE_BYTES);
        private long at = offset;

        @Override
        public @Nullable ByteBuffer next() {
          pieces.acquireUninterruptibly();
          piece.clear();
          while (piece.hasRemaining() && at < offset + length) {
            int from = (int) (at % member.length);
            int part = Math.min(piece.remaining(), member.length - from);
            part = (int) Math.min(part, offset + length - at);
            piece.put(member, from, part);
            at += part;
          }
          return piece.flip().hasRemaining() ? piece : null;
        }

        @Override
        public void close() {}
      };
    }
  }
}
