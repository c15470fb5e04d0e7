package dev.lazuli.snapshotter.share;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.registry.RegistryRequest;
import dev.lazuli.demo.registry.RegistryRequest.Kind;
import dev.lazuli.digest.Digest;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.MediaTypes;
import dev.lazuli.snapshotter.knowledge.IndexQuery;
import dev.lazuli.snapshotter.knowledge.IndexSource;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What registries say of indexes, and how often they are asked. */
final class RegistryIndexesTest {
  private static final Digest LAYER = digest(1);
  private static final Digest INDEX = digest(2);
  private static final Descriptor IMAGE = new Descriptor(MediaTypes.OCI_MANIFEST, digest(3), 1000);

  private TestRegistry registry;
  private RegistryClient client;

  @BeforeEach
  void start() throws IOException {
    registry = TestRegistry.start();
    var options =
        RegistryOptions.builder()
            .plainHttpHost(registry.host())
            .attempts(2)
            .retryWait(Duration.ofMillis(1), Duration.ofMillis(1));
    client = new RegistryClient(options.build());
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    registry.close();
  }

  private static Digest digest(int seed) {
    return Digest.sha256(ByteBuffer.allocate(4).putInt(seed).array());
  }

  private IndexQuery query(Digest layer) {
    return new IndexQuery(registry.reference("app", "1"), IMAGE.digest(), layer, () -> 1000);
  }

  private IndexSource side() {
    return RegistryIndexes.side(ImageReference.parse(registry.host() + "/indexes"), client);
  }

  private void push(String repository, String name, Map<Digest, Descriptor> indexes, boolean refers)
      throws IOException {
    byte[] manifest = IndexArtifact.manifest(IMAGE, indexes, refers);
    var to = client.push(ImageReference.parse(registry.host() + "/" + repository));
    var tag = name.isEmpty() ? Digest.sha256(manifest).toString() : name;
    assertThat(to.manifest(tag, MediaTypes.OCI_MANIFEST, manifest))
        .isEqualTo(Digest.sha256(manifest));
    registry.resetCounters();
  }

  private static Map<Digest, Descriptor> indexes() {
    return Map.of(LAYER, new Descriptor(IndexArtifact.BLOB_TYPE, INDEX, 100));
  }

  private long asked() {
    return registry.counters().requests();
  }

  @Test
  void sideRepository_isAskedOnceForAnImage_whateverItsLayers() throws Exception {
    push("indexes", IndexArtifact.tag(IMAGE.digest()), indexes(), false);
    var side = side();

    var found = side.find(query(LAYER));
    var other = side.find(query(digest(7)));

    assertThat(found.orElseThrow().digest()).isEqualTo(INDEX);
    assertThat(other).isEmpty();
    assertThat(asked()).isOne();
  }

  @Test
  void artifactOfAnotherImage_isNotUsed() throws Exception {
    var tag = IndexArtifact.tag(digest(9));
    push("indexes", tag, indexes(), false);
    var query = new IndexQuery(registry.reference("app", "1"), digest(9), LAYER, () -> 1000);

    assertThat(side().find(query)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 403, 404, 406})
  void registryThatHasNone_orDoesNotKnowTheQuestion_isAskedOnce(int status) throws Exception {
    registry.faults().always(RegistryRequest.kind(Kind.MANIFEST), Fault.status(status));
    var side = side();

    assertThat(side.find(query(LAYER))).isEmpty();
    assertThat(side.find(query(digest(7)))).isEmpty();

    assertThat(asked()).isOne();
  }

  @Test
  void redirectToAPage_isNone() throws Exception {
    var to = Map.of("Location", "http://" + registry.host() + "/login");
    registry.faults().always(RegistryRequest.kind(Kind.MANIFEST), new Fault.Answer(302, to));

    assertThat(side().find(query(LAYER))).isEmpty();
  }

  @Test
  void registryThatIsAway_isLeftAlone_alsoForOtherImages() throws Exception {
    var side = side();
    registry.faults().always(_ -> true, new Fault.NoAnswer());
    assertThat(side.find(query(LAYER))).isEmpty();
    registry.faults().clear();
    registry.resetCounters();
    var other = new IndexQuery(registry.reference("other", "1"), digest(4), LAYER, () -> 1000);

    assertThat(side.find(other)).isEmpty();

    assertThat(asked()).isZero();
  }

  @Test
  void referrers_areFoundByTheirType() throws Exception {
    byte[] manifest = IndexArtifact.manifest(IMAGE, indexes(), true);
    push("app", "", indexes(), true);
    var app = ImageReference.parse(registry.host() + "/app");
    new FallbackTag(client, app, IMAGE.digest())
        .add(new Descriptor(MediaTypes.OCI_MANIFEST, Digest.sha256(manifest), manifest.length));

    var found = RegistryIndexes.referrers(client).find(query(LAYER));

    assertThat(found.orElseThrow().digest()).isEqualTo(INDEX);
  }
}
