package dev.lazuli.snapshotter.layers.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.read.TocTrust;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Registries that never send what a layer's index is made of. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SlowIndexTest {
  private static final IndexOptions SHORT = new IndexOptions(4, 64 << 20, Duration.ofMillis(300));
  private static final Digest DIGEST = Digest.parse("sha256:" + "a".repeat(64));

  @TempDir private Path directory;
  private LayerStore store;
  private LayerIndexer indexer;

  @BeforeEach
  @SuppressWarnings("MustBeClosed") // Closed after each test.
  void open() throws IOException {
    store = LayerStore.open(directory.resolve("root"), StoreOptions.defaults());
    indexer = new LayerIndexer(store, SHORT);
  }

  @AfterEach
  void close() throws IOException {
    indexer.close();
    store.close();
  }

  /** A blob that keeps its reader waiting, in one call or the other, until it is closed. */
  private static final class Silent implements BlobSource {
    final CountDownLatch ended = new CountDownLatch(1);
    final CountDownLatch closed = new CountDownLatch(1);
    final String where;
    volatile boolean opening;

    Silent(String where) {
      this.where = where;
    }

    private void hang(String call) {
      if (call.equals(where)) {
        try {
          ended.await();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }

    @Override
    public long size() {
      hang("size");
      return 1 << 20;
    }

    @Override
    public BlobStream open(long offset, long length) {
      opening = true;
      hang("open");
      return new BlobStream() {
        @Override
        public @Nullable ByteBuffer next() {
          hang("next");
          return ByteBuffer.wrap(new byte[1]);
        }

        @Override
        public void close() {
          ended.countDown();
          closed.countDown();
        }
      };
    }
  }

  private void index(BlobSource blob) throws IOException, InterruptedException {
    try (var indexed = indexer.index(DIGEST, "slow.test/app:1", blob, new TocTrust.Deferred())) {
      assertThat(indexed).isNotNull();
    }
  }

  @Test
  void silence_endsWithTheTimeout_whateverItIsThatDoesNotAnswer() throws Exception {
    for (String where : new String[] {"size", "open", "next"}) {
      var blob = new Silent(where);

      assertThatThrownBy(() -> index(blob))
          .as(where)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("not read within PT0.3S");

      blob.ended.countDown();
      awaitClosed(blob);
    }
  }

  @Test
  void silentRegistries_giveTheirTurnsBack() throws Exception {
    for (int i = 0; i < 12; i++) {
      var blob = new Silent("next");
      assertThatThrownBy(() -> index(blob)).hasMessageContaining("not read within");
      awaitClosed(blob);
    }
  }

  /** On a slow machine the time may be over before anything was opened. */
  private static void awaitClosed(Silent blob) throws InterruptedException {
    if (blob.opening) {
      blob.closed.await();
    }
  }

  /** A blob of two hosts: the one that is asked first sends a byte, and then no more. */
  private static final class TwoHosts implements BlobSource {
    private static final int SIZE = 1000;
    final AtomicBoolean left = new AtomicBoolean();
    final CountDownLatch ended = new CountDownLatch(1);

    @Override
    public long size() {
      return SIZE;
    }

    @Override
    public BlobStream open(long offset, long length) {
      boolean stalls = !left.get();
      return new BlobStream() {
        private long at = offset;

        @Override
        public @Nullable ByteBuffer next() {
          if (stalls && at > offset) {
            ended.countDown();
            LockSupport.park(); // For good.
            return ByteBuffer.wrap(new byte[1]);
          }
          return at == offset + length ? null : ByteBuffer.wrap(new byte[] {(byte) at++});
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public void brokeOff(long offset, long length) {
      assertThat(offset + length).isEqualTo(SIZE);
      left.set(true);
    }
  }

  @Test
  void hostThatStallsInTheMiddle_isLeftForTheNext_whichGoesOnThere() throws Exception {
    var blob = new TwoHosts();
    var pace = new ReadPace(Duration.ofMinutes(1), System::nanoTime);

    byte[] bytes;
    try (var tail = new PacedBlob(blob, pace, Duration.ofMillis(50)).openTail(500)) {
      bytes = tail.read();
    }

    assertThat(blob.ended.getCount()).isZero();
    assertThat(bytes).hasSize(500);
    for (int i = 0; i < bytes.length; i++) {
      assertThat(bytes[i]).isEqualTo((byte) (500 + i));
    }
  }

  @Test
  void stream_isClosedByTheThreadThatReadsIt() throws Exception {
    var read = new CompletableFuture<Thread>();
    var closed = new CompletableFuture<Void>();
    BlobSource blob = new Watched(read, closed);

    var paced = new PacedBlob(blob, new ReadPace(Duration.ofMinutes(1), System::nanoTime));
    try (var stream = paced.open(0, 1)) {
      assertThat(stream.next()).isNotNull();
    }

    closed.join();
    assertThat(read.join()).isNotSameAs(Thread.currentThread());
  }

  /** A blob that says when the thread that read it has closed it. */
  private record Watched(CompletableFuture<Thread> read, CompletableFuture<Void> closed)
      implements BlobSource {
    @Override
    public long size() {
      return 1;
    }

    @Override
    public BlobStream open(long offset, long length) {
      return new BlobStream() {
        @Override
        public @Nullable ByteBuffer next() {
          read.complete(Thread.currentThread());
          return ByteBuffer.wrap(new byte[1]);
        }

        @Override
        public void close() {
          if (read.join().equals(Thread.currentThread())) {
            closed.complete(null);
          }
        }
      };
    }
  }
}
