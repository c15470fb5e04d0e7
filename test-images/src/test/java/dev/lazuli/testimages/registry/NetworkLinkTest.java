package dev.lazuli.testimages.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.registry.BlobContent;
import dev.lazuli.demo.registry.LinkProfile;
import java.io.OutputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NetworkLinkTest {
  private static final String DIGEST = "sha256:" + "a".repeat(64);
  private static final String PATH = "/v2/a/blobs/" + DIGEST;
  private static final int ANSWERS = 200;

  private TestRegistry registry;
  private TestClient client;

  @BeforeEach
  void start() throws Exception {
    registry = TestRegistry.start();
    client = new TestClient(registry);
    client.get("/v2/");
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    registry.close();
  }

  @ParameterizedTest
  @CsvSource({"20, 1250000", "200, 12500000", "600, 20000000"})
  void bandwidth_isKept(int megabits, int bytes) throws Exception {
    registry.serveBlob(DIGEST, BlobContent.of(FileContent.generated(bytes, 1)));

    assertTakes(
        LinkProfile.of(0, megabits),
        bytes * 8.0 / megabits / 1e6,
        () -> assertThat(client.get(PATH).body()).hasSize(bytes));
  }

  @Test
  void bandwidth_isSharedByConnections() throws Exception {
    registry.serveBlob(DIGEST, BlobContent.of(FileContent.generated(2_500_000, 1)));

    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      assertTakes(
          LinkProfile.of(0, 160),
          0.25,
          () -> {
            var other = threads.submit(() -> client.get(PATH));
            client.get(PATH);
            other.get();
          });
    }
  }

  @Test
  void roundTrip_isAddedToEveryRequest() throws Exception {
    assertTakes(
        LinkProfile.of(40, 0),
        0.12,
        () -> {
          client.get("/v2/");
          client.get("/v2/");
          client.get("/v2/");
        });
  }

  @Test
  void bodiesOfAnySize_streamInConstantMemory() throws Exception {
    var size = 3L << 30;
    registry.serveBlob(DIGEST, BlobContent.of(FileContent.generated(size, 1).compressible(1000)));
    var uri = URI.create("http://" + registry.host() + PATH);

    try (var in = uri.toURL().openStream()) {
      assertThat(in.transferTo(OutputStream.nullOutputStream())).isEqualTo(size);
    }

    assertThat(registry.counters().blob(DIGEST).bodyBytes()).isEqualTo(size);
  }

  @Test
  void clientThatDoesNotRead_holdsTheRegistryBack() throws Exception {
    registry.serveBlob(DIGEST, BlobContent.of(FileContent.generated(1L << 40, 1)));
    var uri = URI.create("http://" + registry.host() + PATH);

    try (var in = uri.toURL().openStream()) {
      assertThat(in.read()).isNotNegative();
      // If nothing held it back, it would send gigabytes while it answers so often.
      for (int i = 0; i < ANSWERS; i++) {
        assertThat(client.get("/v2/").statusCode()).isEqualTo(200);
        assertThat(registry.counters().blob(DIGEST).bodyBytes()).isLessThan(32 << 20);
      }
    }
  }

  private interface Action {
    void run() throws Exception;
  }

  private static double seconds(Action action) throws Exception {
    var start = System.nanoTime();
    action.run();
    return (System.nanoTime() - start) / 1e9;
  }

  /**
   * A link must never be faster than it says, nor slower by more than what a busy machine makes of
   * the same requests without a link, measured right before. How exact it is otherwise, {@link
   * LinkPaceTest} shows.
   */
  private void assertTakes(LinkProfile profile, double expectedSeconds, Action action)
      throws Exception {
    var seen = new ArrayList<String>();
    for (var attempt = 0; attempt < 12; attempt++) {
      registry.setLink(LinkProfile.UNLIMITED);
      var unlimited = seconds(action);
      registry.setLink(profile);
      var taken = seconds(action);
      assertThat(taken).isGreaterThan(expectedSeconds * 0.95);
      if (taken < expectedSeconds * 1.10 + 2 * unlimited) {
        return;
      }
      seen.add("%.3f s, without a link %.3f s".formatted(taken, unlimited));
    }
    fail("%.3f s expected, but it took %s", expectedSeconds, seen);
  }
}
