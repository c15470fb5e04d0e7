package dev.lazuli.snapshotter.proof;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerProof;
import dev.lazuli.cache.LayerRecord;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.build.BuiltLayer;
import dev.lazuli.estargz.build.EstargzBuilder;
import dev.lazuli.estargz.compare.ShownTree;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.estargz.read.LayerOpener;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.snapshotter.fetch.CacheChunkView;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.TestSource;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** A stored layer of a real blob, and the room that proves it. */
final class ProofRig implements AutoCloseable {
  private static final int FILES = 12;
  private static final long SEED = 20_261_130;
  static final Duration RETRY = Duration.ofMillis(20);

  /** Compares nothing: what the layer shows is not of our making, as its image is none. */
  private static final ShownTree UNCOMPARED =
      (ShownTree)
          Proxy.newProxyInstance(
              ShownTree.class.getClassLoader(),
              new Class<?>[] {ShownTree.class},
              (_, method, _) -> method.getReturnType() == boolean.class ? false : null);

  final TestSource source;

  /** The same blob at other registries. */
  final List<TestSource> others = new ArrayList<>();

  final BuiltLayer built;
  final LayerStore store;
  final LayerData data;
  final ConcurrentLinkedQueue<Integer> arrived = new ConcurrentLinkedQueue<>();
  final LinkedBlockingQueue<LayerProof> found = new LinkedBlockingQueue<>();
  final LinkedBlockingQueue<String> delays = new LinkedBlockingQueue<>();
  final AtomicLong bytes = new AtomicLong();
  volatile Runnable onPutOff = () -> {};
  volatile ThreadFactory maker = Thread.ofPlatform().daemon().factory();
  private final ThreadFactory threads = work -> maker.newThread(work);
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private Proofs proofs;

  @SuppressWarnings("MustBeClosed") // close() closes it.
  ProofRig(Path root, LayerFormat format, int chunkBytes, int minChunkBytes, long quota)
      throws IOException {
    var blob = new ByteArrayOutputStream();
    built =
        new EstargzBuilder(
                BuildOptions.ESTARGZ
                    .withFormat(format)
                    .withLevel(1)
                    .withChunks(chunkBytes, minChunkBytes))
            .build(new ByteArrayInputStream(tar()), blob);
    source = new TestSource(blob.toByteArray());
    store = LayerStore.open(root, StoreOptions.defaults().withQuota(quota));
    data = index();
    proofs = proofs();
  }

  private static byte[] tar() throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
      for (int i = 0; i < FILES; i++) {
        var content = new byte[40_000 + 9_000 * i];
        new Random(SEED + i).nextBytes(content);
        var entry = new TarArchiveEntry("file" + i);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  @SuppressWarnings("MustBeClosed") // The caller's.
  private LayerData index() throws IOException {
    var digest = built.digest();
    var trust = TocTrust.fromAnnotations(built.annotations()).orElseThrow();
    try (var opener = new LayerOpener(Limits.DEFAULT);
        var index = opener.open(OpenRequest.of(digest.toString(), source, trust));
        var layer =
            store.create(
                LayerRecord.of(
                    digest,
                    source.size(),
                    index.format().name(),
                    index.format().compression().name(),
                    built.tocDigest(),
                    -1))) {
      Files.write(layer.meta(), new byte[4096]);
      var sha256 = new byte[Digest.SHA256_BYTES];
      for (int c = 0; c < index.chunkCount(); c++) {
        index.chunkDigest(c, sha256);
        layer
            .chunks()
            .add(
                index.chunkDataOffset(c),
                index.chunkSize(c),
                index.chunkBlobOffset(c),
                index.chunkBlobEnd(c),
                index.chunkInnerOffset(c),
                sha256);
      }
      return layer.commit();
    }
  }

  private Proofs proofs() {
    var listener =
        new FetchListener() {
          @Override
          public void bytesFetched(String layer, int count, Priority priority) {
            bytes.addAndGet(count);
          }
        };
    var manners =
        new Proofs.Manners(
            Limits.DEFAULT, new Courtesy(), listener, _ -> 0, 1, RETRY, InstantSource.system());
    return new Proofs(ProofOptions.DEFAULT, manners, timer, threads);
  }

  ProofWish request() {
    return request("registry.test");
  }

  /** Asks for a proof of the layer as one that another registry has brought. */
  ProofWish request(String registry) {
    return proofs.request(new Layer(registry), true);
  }

  /** Ends the room as a stopping daemon does, and opens the next daemon's. */
  void restart() {
    proofs.close();
    proofs = proofs();
  }

  LayerProof awaitProof() throws InterruptedException {
    var proof = found.poll(60, TimeUnit.SECONDS);
    assertThat(proof).as("a proof; put off for %s", delays).isNotNull();
    return proof;
  }

  /** Lets something happen before each range and before each of its pieces. */
  void fault(TestSource.Behaviour fault) {
    source.onOpen = fault;
    source.onPiece = fault;
  }

  Digest diffId() {
    return built.diffId();
  }

  int chunks() {
    return data.chunks().count();
  }

  /** Makes a chunk present as a reader's stream would. */
  void write(int chunk) throws IOException {
    try (var decoder = new ChunkDecoder(Limits.DEFAULT);
        var whole = new TestSource(source.blob).open(0, source.size())) {
      decoder.decode(
          Compression.valueOf(data.record().compression()),
          whole,
          0,
          new CacheChunkView(data),
          new int[] {chunk},
          new MissingChunks(data, _ -> {}, _ -> {}));
    }
  }

  /** Returns whether all that is present has the digests of the table. */
  boolean allRight() throws IOException {
    var expected = new byte[Digest.SHA256_BYTES];
    for (int c = 0; c < chunks(); c++) {
      if (!data.isPresent(c)) {
        continue;
      }
      var actual = ByteBuffer.allocate((int) data.chunks().size(c));
      data.read(data.chunks().dataOffset(c), actual);
      data.chunks().digest(c, expected);
      if (!Digest.ofSha256(expected).equals(Digest.sha256(actual.array()))) {
        return false;
      }
    }
    return true;
  }

  private final class Layer implements ProvableLayer {
    private final String registry;

    Layer(String registry) {
      this.registry = registry;
    }

    @Override
    public Digest digest() {
      return data.record().digest();
    }

    @Override
    public String registry() {
      return registry;
    }

    @Override
    @MustBeClosed
    public LayerData share() throws IOException {
      return data.share();
    }

    @Override
    @MustBeClosed
    public ShownTree tree(LayerData shared) throws IOException {
      return UNCOMPARED;
    }

    @Override
    public List<BlobSource> blobs() {
      var all = new ArrayList<BlobSource>(others);
      all.addFirst(source);
      return all;
    }

    @Override
    public void arrived(int chunk) {
      arrived.add(chunk);
    }

    @Override
    public void notStored(IOException reason) {}

    @Override
    public void proved(LayerProof proof) {
      found.add(proof);
    }

    @Override
    public void putOff(String reason) {
      onPutOff.run();
      delays.add(reason);
    }
  }

  @Override
  public void close() throws IOException {
    proofs.close();
    timer.shutdownNow();
    data.close();
    store.close();
  }
}
