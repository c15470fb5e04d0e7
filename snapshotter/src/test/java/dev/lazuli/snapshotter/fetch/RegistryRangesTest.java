package dev.lazuli.snapshotter.fetch;

import static dev.lazuli.snapshotter.fetch.FetchRig.SMALL;
import static dev.lazuli.snapshotter.fetch.FetchRig.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.cache.LayerData;
import dev.lazuli.demo.registry.BlobContent;
import dev.lazuli.demo.registry.RegistryRequest;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.Mirror;
import dev.lazuli.snapshotter.RegistryRig;
import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Scattered chunks from a registry, which takes requests of several ranges or fails at them. */
@Timeout(60)
final class RegistryRangesTest {
  private final TestBlob blob = new TestBlob(61, 200, 20_000, 1);

  @RegisterExtension final FetchRig rig = new FetchRig();

  private TestRegistry registry;
  private LayerData data;

  @BeforeEach
  void open() throws IOException {
    registry = TestRegistry.start();
    registry.serveBlob(blob.digest, BlobContent.of(blob.blob));
    data = rig.add(blob);
  }

  @AfterEach
  void close() throws Exception {
    rig.close();
    registry.close();
  }

  private static List<ChunkRun> scattered(int first) {
    var runs = new ArrayList<ChunkRun>();
    for (int chunk = first; chunk < 200; chunk += 20) {
      runs.add(new ChunkRun(chunk, chunk + 1));
    }
    return runs;
  }

  private LayerFetch attach(RegistryRig client) throws IOException {
    var reference = ImageReference.parse(registry.host() + "/image:1");
    var source = client.client.blob(reference, Digest.parse(blob.digest), blob.blob.length);
    return rig.scheduler(SMALL).attach(data, source, Compression.GZIP);
  }

  private void fetchAll(LayerFetch fetch, int first) throws Exception {
    await(fetch.prefetch(scattered(first)));
    for (ChunkRun run : scattered(first)) {
      assertThat(blob.isRight(data, run.from())).isTrue();
    }
  }

  private static boolean hasSeveralRanges(RegistryRequest request) {
    return request.range().filter(range -> range.contains(",")).isPresent();
  }

  private long requests() {
    return registry.counters().blob(blob.digest).requests();
  }

  @Test
  void registryThatCan_isAskedOnce() throws Exception {
    try (var client = new RegistryRig(_ -> {});
        var fetch = attach(client)) {
      fetchAll(fetch, 3);

      assertThat(requests()).isEqualTo(1);
      assertThat(data.presentCount()).isEqualTo(10);
    }
  }

  static List<Fault> refusals() {
    return List.of(new Fault.RefuseMultiRange(), new Fault.IgnoreRange(), Fault.status(416));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void registryThatCannot_isAskedForSeveralOnce_thenForEach(Fault refusal) throws Exception {
    registry.faults().always(RegistryRangesTest::hasSeveralRanges, refusal);
    try (var client = new RegistryRig(_ -> {});
        var fetch = attach(client)) {
      fetchAll(fetch, 3);
      assertThat(requests()).isEqualTo(11);

      fetchAll(fetch, 13);
      assertThat(requests()).isEqualTo(21);
      assertThat(data.presentCount()).isEqualTo(20);
    }
  }

  static List<Fault> passing() {
    return List.of(
        new Fault.NoAnswer(),
        new Fault.Reset(0),
        new Fault.Reset(20_000),
        new Fault.ShortBody(0),
        new Fault.ShortBody(100),
        new Fault.ShortBody(30_000),
        Fault.status(503),
        Fault.status(401),
        new Fault.Stall(30_000, Duration.ofSeconds(2)));
  }

  @ParameterizedTest
  @MethodSource("passing")
  void faultOfARequestForSeveral_endsInRightBytes(Fault fault) throws Exception {
    registry.faults().next(RegistryRangesTest::hasSeveralRanges, fault, fault);
    try (var client = new RegistryRig(_ -> {});
        var fetch = attach(client)) {
      fetchAll(fetch, 3);

      assertThat(registry.faults().injected()).isPositive();
    }
  }

  @Test
  void mirrorWithWrongBytesInOneRange_isLeftForTheRegistry() throws Exception {
    try (var mirror = TestRegistry.start()) {
      mirror.serveBlob(blob.digest, BlobContent.of(blob.blob));
      mirror.faults().always(_ -> true, new Fault.WrongBytes(blob.blobOffset(63) + 100, 16));
      try (var client =
              new RegistryRig(
                  options ->
                      options.mirrors(registry.host(), List.of(new Mirror(mirror.host(), true))));
          var fetch = attach(client)) {
        fetchAll(fetch, 3);

        assertThat(mirror.counters().blob(blob.digest).requests()).isEqualTo(1);
        assertThat(requests()).isEqualTo(1);
      }
    }
  }
}
