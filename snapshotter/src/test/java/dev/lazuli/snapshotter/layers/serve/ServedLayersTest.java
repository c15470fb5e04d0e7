package dev.lazuli.snapshotter.layers.serve;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.bridge.fuse.ContentGoneException;
import dev.lazuli.bridge.fuse.ContentReader;
import dev.lazuli.bridge.fuse.ReadReply;
import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.estargz.read.ChannelBlobSource;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.FetchScheduler;
import dev.lazuli.snapshotter.fetch.LayerFetch;
import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import dev.lazuli.snapshotter.layers.index.IndexOptions;
import dev.lazuli.snapshotter.layers.index.LayerIndexer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class ServedLayersTest {
  private static final int LENGTH = 4096;

  @TempDir private Path directory;
  private final ServedLayers served = new ServedLayers();
  private final List<CompletableFuture<Void>> demands = new ArrayList<>();
  private LayerStore store;
  private FetchScheduler scheduler;
  private LayerData data;
  private ErofsImage image;
  private LayerFetch fetch;

  @BeforeEach
  @SuppressWarnings("MustBeClosed") // close() closes it
  void open() throws Exception {
    store = LayerStore.open(directory.resolve("root"), StoreOptions.defaults());
    scheduler = new FetchScheduler(FetchOptions.DEFAULT, Limits.DEFAULT, FetchListener.NONE);
    var layout = OciLayout.at(directory.resolve("layout"));
    var tree = new ImageTree().file("file", FileContent.generated(100_000, 1));
    var descriptor = layout.addLazyLayer(tree, BuildOptions.ESTARGZ).descriptor();
    var toc =
        Digest.parseSha256(requireNonNull(descriptor.annotations().get(Annotations.TOC_DIGEST)));
    var blob = new ChannelBlobSource(FileChannel.open(layout.blob(descriptor.digest())));
    data =
        new LayerIndexer(store, IndexOptions.DEFAULT)
            .index(
                Digest.parse(descriptor.digest()),
                "registry.test/app:1",
                blob,
                new TocTrust.Json(toc))
            .data();
    image = ErofsImage.open(data.metaPath());
    fetch = scheduler.attach(data, blob, Compression.valueOf(data.record().compression()));
    served.add("image", data, image, new HeldFetch(), ReadWatch.NONE);
  }

  @AfterEach
  void close() throws IOException {
    scheduler.close();
    image.close();
    data.close();
    store.close();
  }

  @Test
  void missingContent_isAnsweredLater_byAnotherThread() throws Exception {
    var reply = new Reply(0);
    served.read(data.slot(), 0, LENGTH, reply);
    assertThat(reply.answer).isNotDone();
    assertThat(demands).hasSize(1);

    bringAndAnswer(0);

    assertThat(reply.answer).isCompletedWithValue(0);
  }

  @Test
  void contentEvictedBeforeTheAnswer_isAskedForAgain_withoutAWait() throws Exception {
    var reply = new Reply(2);
    served.read(data.slot(), 0, LENGTH, reply);

    bringAndAnswer(0);

    assertThat(reply.offers).isEqualTo(3);
    assertThat(reply.answer).isCompletedWithValue(0);
  }

  @Test
  void contentEvictedEachTime_failsAfterItsRounds() throws Exception {
    var reply = new Reply(Integer.MAX_VALUE);
    served.read(data.slot(), 0, LENGTH, reply);

    bringAndAnswer(0);

    assertThat(reply.answer).isCompletedWithValue(Errno.EIO);
    assertThat(reply.offers).isLessThan(20);
  }

  @Test
  void errorWhileTheReadIsAnsweredLater_failsTheRead() throws Exception {
    var reply =
        new Reply(0) {
          @Override
          public boolean offer(ContentReader reader) {
            throw new InternalError("a fault in a memory access");
          }
        };
    served.read(data.slot(), 0, LENGTH, reply);

    bringAndAnswer(0);

    assertThat(reply.answer).isCompletedWithValue(Errno.EIO);
  }

  @Test
  void readThatNobodyWaitsFor_withdrawsItsDemand() {
    var reply = new Reply(0);
    served.read(data.slot(), 0, LENGTH, reply);

    requireNonNull(reply.onInterrupt).run();

    assertThat(demands.getFirst()).isCancelled();
  }

  @Test
  void layerThatIsServed_isUnread_untilSomebodyReads() {
    assertThat(served.unreadTime("image")).isEmpty();

    served.read(data.slot(), 0, LENGTH, new Reply(0));

    assertThat(served.unreadTime("image")).isPresent();
    assertThat(served.unreadTime("other")).isEmpty();
  }

  private void bringAndAnswer(int demand) throws Exception {
    fetch.demand(0, data.chunks().count()).get(30, TimeUnit.SECONDS);
    demands.get(demand).complete(null);
  }

  /** A kernel's read; content seems to be evicted the first few times that it is read. */
  private static class Reply implements ReadReply {
    final CompletableFuture<Integer> answer = new CompletableFuture<>();
    @Nullable Runnable onInterrupt;
    int offers;
    private final int evictions;

    Reply(int evictions) {
      this.evictions = evictions;
    }

    @Override
    public void send(ContentReader reader) {
      throw new AssertionError("waits while content is gone");
    }

    @Override
    public boolean offer(ContentReader reader) {
      if (offers++ < evictions) {
        return false;
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment content = arena.allocate(LENGTH);
        reader.read(content, 0);
        answer.complete(0);
        return true;
      } catch (ContentGoneException e) {
        return false;
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void fail(int errno) {
      answer.complete(errno);
    }

    @Override
    public void onInterrupt(Runnable action) {
      onInterrupt = action;
    }
  }

  /** Lets the test say when a demand is answered. */
  private final class HeldFetch implements LayerFetch {
    @Override
    public CompletableFuture<Void> demand(int fromChunk, int toChunk) {
      demands.add(new CompletableFuture<>());
      return demands.getLast();
    }

    @Override
    public void arrived(int chunk) {
      fetch.arrived(chunk);
    }

    @Override
    public CompletableFuture<Void> prefetch(long blobFrom, long blobTo) {
      return fetch.prefetch(blobFrom, blobTo);
    }

    @Override
    public CompletableFuture<Void> prefetch(List<ChunkRun> runs) {
      return fetch.prefetch(runs);
    }

    @Override
    public CompletableFuture<Void> whenPresent(int fromChunk, int toChunk) {
      return fetch.whenPresent(fromChunk, toChunk);
    }

    @Override
    public void background() {
      fetch.background();
    }

    @Override
    public Optional<Priority> working() {
      return fetch.working();
    }

    @Override
    public boolean waiting() {
      return fetch.waiting();
    }

    @Override
    public CompletableFuture<Void> completed() {
      return fetch.completed();
    }

    @Override
    public void close() {
      fetch.close();
    }
  }
}
