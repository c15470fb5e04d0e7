package dev.lazuli.snapshotter.share;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.RegistryRequest;
import dev.lazuli.demo.registry.RegistryRequest.Kind;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.checkpoint.Checkpoint;
import dev.lazuli.estargz.index.IndexRecorder;
import dev.lazuli.estargz.read.ChannelBlobSource;
import dev.lazuli.estargz.read.LayerUnpacker;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.MediaTypes;
import dev.lazuli.snapshotter.bulk.PullRecording;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node publishes of the layers that it pulls whole. */
final class SidePublisherTest {
  private static final Duration SOON = Duration.ofMillis(1);

  @TempDir Path directory;

  private final List<AutoCloseable> opened = new ArrayList<>();
  private Path scratch;
  private OciLayout layout;
  private TestRegistry registry;
  private RegistryClient client;
  private SideRepository side;
  private SidePublisher publisher;

  @BeforeEach
  void start() throws IOException {
    scratch = Files.createDirectory(directory.resolve("scratch"));
    layout = OciLayout.at(directory.resolve("layout"));
    image("1", 1, 2);
    image("2", 2, 3);
    registry = opened(TestRegistry.start());
    registry.serve("app", layout);
    var options =
        RegistryOptions.builder()
            .plainHttpHost(registry.host())
            .attempts(1)
            .retryWait(SOON, SOON)
            .build();
    client = opened(new RegistryClient(options));
    var to = ImageReference.parse(registry.host() + "/indexes");
    side = new SideRepository(client, to);
    var rules =
        new SidePublisher.Rules(
            reference -> !reference.contains("secret"),
            Duration.ZERO,
            () -> Long.MAX_VALUE,
            scratch);
    publisher = opened(new SidePublisher(to, client, rules, SOON));
  }

  private <T extends AutoCloseable> T opened(T part) {
    opened.addFirst(part);
    return part;
  }

  @AfterEach
  void stop() throws Exception {
    for (var part : opened) {
      part.close();
    }
  }

  private void image(String tag, int... seeds) throws IOException {
    var builder = new ImageBuilder(layout).encoding(LayerEncoding.GZIP);
    for (int seed : seeds) {
      builder.layer(new ImageTree().file("f" + seed, FileContent.generated(500_000, seed)));
    }
    builder.build(tag);
  }

  private Digest manifest(String tag) throws IOException {
    return Digest.parseSha256(requireNonNull(layout.images().get(tag)).digest());
  }

  private Digest layer(String tag, int number) throws IOException {
    var layers = layout.layers(requireNonNull(layout.images().get(tag)));
    return Digest.parseSha256(layers.get(number).digest());
  }

  /** A daemon pulls a layer whole. */
  private void pull(String reference, Digest layer) throws IOException {
    var from = layout.blob(layer.toString());
    try (var file = FileChannel.open(from);
        var blob = new ChannelBlobSource(file).open(0, file.size());
        var unpacker = new LayerUnpacker(Limits.DEFAULT);
        var recording = publisher.begin(layer, reference, file.size());
        var unpacked =
            unpacker.unpack(
                blob,
                layer.toString(),
                new IndexMemory(Limits.DEFAULT.indexBytes(), 1).share("test", SOON),
                recording.beside(new NoContent()))) {
      recording.succeeded(unpacked.compression());
    }
  }

  private void confirm(String tag, Digest layer) throws IOException {
    publisher.confirmed(registry.reference("app", tag), Optional.of(manifest(tag)), layer);
  }

  private Descriptor indexMadeByHand(Digest layer) throws IOException {
    try (var indexing = new ImageIndexing(directory);
        var file = FileChannel.open(layout.blob(layer.toString()))) {
      var descriptor = new Descriptor("", layer, file.size());
      var made = indexing.index(descriptor, new ChannelBlobSource(file));
      return ((ImageIndexing.Outcome.Made) made).index();
    }
  }

  private void awaitPublished(String tag, Map<Digest, Descriptor> expected) {
    Eventually.asserted(
        () -> assertThat(digests(side.indexes(manifest(tag)))).isEqualTo(digests(expected)));
  }

  private static Map<Digest, Digest> digests(Map<Digest, Descriptor> indexes) {
    var digests = new HashMap<Digest, Digest>();
    indexes.forEach((layer, index) -> digests.put(layer, index.digest()));
    return digests;
  }

  @Test
  void layerThatWasPulledWhole_isPublished_byTheSameIndexThatTheCommandMakes() throws Exception {
    var lower = layer("1", 0);
    var upper = layer("1", 1);
    pull(registry.reference("app", "1"), lower);
    pull(registry.reference("app", "1"), upper);

    confirm("1", lower);
    confirm("1", upper);

    awaitPublished("1", Map.of(lower, indexMadeByHand(lower), upper, indexMadeByHand(upper)));
    Eventually.until(() -> publisher.counts().indexes() == 2);
    assertThat(publisher.counts().failures()).isZero();
    Eventually.asserted(() -> assertThat(scratchFiles()).isEmpty());
  }

  private List<Path> scratchFiles() throws IOException {
    try (Stream<Path> files = Files.list(scratch)) {
      return files.toList();
    }
  }

  @Test
  void layerThatNoImageWasFoundToHave_isNotPublished() throws Exception {
    pull(registry.reference("app", "1"), layer("1", 0));
    pull(registry.reference("app", "1"), layer("1", 1));

    confirm("1", layer("1", 1));

    awaitPublished("1", Map.of(layer("1", 1), indexMadeByHand(layer("1", 1))));
  }

  @Test
  void imageWithALayerThatWasPublishedForAnother_listsIt_andPushesItNotAgain() throws Exception {
    var shared = layer("1", 1);
    assertThat(layer("2", 0)).isEqualTo(shared);
    pull(registry.reference("app", "1"), shared);
    confirm("1", shared);
    Eventually.until(() -> publisher.counts().indexes() == 1);

    // Read whole again, as after its removal: it is known, so nothing is noted.
    assertThat(publisher.begin(shared, registry.reference("app", "2"), 1 << 20))
        .isSameAs(PullRecording.NONE);
    confirm("2", shared);

    awaitPublished("2", Map.of(shared, indexMadeByHand(shared)));
  }

  @Test
  void whatIsThereOfAnImage_stays() throws Exception {
    var other = new Descriptor(IndexArtifact.BLOB_TYPE, indexMadeByHand(layer("2", 1)).digest(), 9);
    var image = new Descriptor(MediaTypes.OCI_MANIFEST, manifest("1"), 100);
    side.publish(image, Map.of(layer("1", 0), other));
    pull(registry.reference("app", "1"), layer("1", 0));
    pull(registry.reference("app", "1"), layer("1", 1));

    confirm("1", layer("1", 0));
    confirm("1", layer("1", 1));

    awaitPublished(
        "1", Map.of(layer("1", 0), other, layer("1", 1), indexMadeByHand(layer("1", 1))));
  }

  @Test
  void failure_isTold_counted_andTriedAgain() throws Exception {
    registry
        .faults()
        .next(
            request -> request.kind() == Kind.MANIFEST && request.method().equals("PUT"),
            Fault.status(403));
    pull(registry.reference("app", "1"), layer("1", 0));

    confirm("1", layer("1", 0));

    awaitPublished("1", Map.of(layer("1", 0), indexMadeByHand(layer("1", 0))));
    Eventually.until(() -> publisher.trouble().isEmpty());
    assertThat(publisher.counts().failures()).isOne();
  }

  @Test
  void indexesThatAreGoneAfterwards_arePutAgain() throws Exception {
    // As if another node had replaced the artifact at the same moment.
    registry
        .faults()
        .next(
            request -> request.kind() == Kind.MANIFEST && request.method().equals("PUT"),
            Fault.status(201));
    pull(registry.reference("app", "1"), layer("1", 0));

    confirm("1", layer("1", 0));

    awaitPublished("1", Map.of(layer("1", 0), indexMadeByHand(layer("1", 0))));
    assertThat(publisher.counts().failures()).isZero();
  }

  @Test
  void whatIsNoListOfIndexes_isNotReplaced() throws Exception {
    var other = new Descriptor(MediaTypes.OCI_MANIFEST, manifest("2"), 100);
    byte[] theirs = IndexArtifact.manifest(other, Map.of(), /* refers= */ false);
    var tag = IndexArtifact.tag(manifest("1"));
    var place = ImageReference.parse(registry.reference("indexes", tag));
    assertThat(client.push(place).manifest(tag, MediaTypes.OCI_MANIFEST, theirs)).isNotNull();
    pull(registry.reference("app", "1"), layer("1", 0));

    confirm("1", layer("1", 0));

    Eventually.until(() -> publisher.counts().failures() == 6);
    assertThat(publisher.trouble().orElseThrow()).contains("is not a list of indexes");
    assertThat(client.manifest(place).bytes()).isEqualTo(theirs);
  }

  @Test
  void registryThatTakesNothing_isGivenUp_andTold() throws Exception {
    registry.faults().always(RegistryRequest.kind(Kind.UPLOAD), Fault.status(405));
    pull(registry.reference("app", "1"), layer("1", 0));

    confirm("1", layer("1", 0));

    Eventually.until(() -> publisher.counts().failures() == 6);
    assertThat(publisher.trouble().orElseThrow())
        .startsWith("indexes cannot be published in " + registry.host() + "/indexes")
        .contains("405");
  }

  @Test
  void imageThatIsNotToBePublished_leavesNoTrace() throws Exception {
    var reference = registry.reference("secret", "1");

    assertThat(publisher.begin(layer("1", 0), reference, 1 << 20)).isSameAs(PullRecording.NONE);
    pull(registry.reference("app", "1"), layer("1", 0));
    registry.resetCounters();
    publisher.confirmed(reference, Optional.of(manifest("1")), layer("1", 0));
    publisher.close();

    assertThat(registry.counters().requests()).isZero();
    assertThat(scratchFiles()).isEmpty();
  }

  @Test
  @SuppressWarnings("MustBeClosed") // It is closed at once.
  void notesThatFail_leaveThePullAlone() throws Exception {
    var taken = new ArrayList<RecordedIndex.Whole>();
    var recorder = new IndexRecorder(scratch);
    recorder.close(); // As on a full disk: nothing can be written any more.
    var chunks = new ArrayList<Long>();
    try (var recording = new RecordedIndex(layer("1", 0), 1 << 20, recorder, taken::add)) {
      var sink =
          recording.beside(
              new NoContent() {
                @Override
                public void chunk(
                    long dataOffset, long size, long at, long end, long inner, byte[] sha256) {
                  chunks.add(dataOffset);
                }
              });
      for (long i = 0; i < 10_000; i++) {
        sink.chunk(i, 1, 0, 10, 0, new byte[Digest.SHA256_BYTES]);
      }
      recording.succeeded(Compression.GZIP);
    }

    assertThat(chunks).hasSize(10_000);
    assertThat(taken).isEmpty();
  }

  private static class NoContent implements ContentSink {
    @Override
    public void write(long dataOffset, ByteBuffer window) {}

    @Override
    public void chunk(
        long dataOffset,
        long size,
        long blobOffset,
        long blobEnd,
        long innerOffset,
        byte[] sha256) {}

    @Override
    public void checkpoint(Checkpoint start, byte[] window) {}
  }
}
