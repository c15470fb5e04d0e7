package dev.lazuli.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.registry.auth.Token;
import dev.lazuli.registry.auth.TokenServer;
import dev.lazuli.registry.credentials.DockerConfig;
import dev.lazuli.registry.hosts.HostFailure;
import dev.lazuli.registry.http.Origin;
import dev.lazuli.registry.model.ImageConfig;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.TlsSettings;
import dev.lazuli.testimages.Costs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** Documents of strangers: what is read of them costs little, whatever they hold. */
final class DocumentFuzzTest {
  private static final ImageReference IMAGE = ImageReference.parse("reg.example/team/app:1");
  private static final Origin AUTH = new Origin(true, "auth.example", 443, TlsSettings.DEFAULT);
  private static final long LONGEST_LIFE = Duration.ofHours(12).toNanos();

  @FuzzTest(maxDuration = "30s")
  void image_config(byte[] document) throws IOException {
    Costs.assertCheap(() -> readImageConfig(document));
  }

  private static void readImageConfig(byte[] document) {
    try {
      assertThat(ImageConfig.parse(document).workingDirectory()).isNotNull();
    } catch (IOException e) {
      assertThat(e.getMessage()).isNotNull();
    }
  }

  @FuzzTest(maxDuration = "30s")
  void docker_config(byte[] document) throws IOException {
    Path folder = Files.createTempDirectory("lazuli");
    Path file = folder.resolve("config.json");
    try {
      Files.write(file, document);
      Costs.assertCheap(() -> readDockerConfig(file));
    } finally {
      Files.deleteIfExists(file);
      Files.delete(folder);
    }
  }

  private static void readDockerConfig(Path file) {
    try {
      assertThat(new DockerConfig(file, Map.of("PATH", "/nowhere")).find("reg.example", IMAGE))
          .isNotNull();
    } catch (IOException e) {
      assertThat(e.getMessage()).isNotNull();
    }
  }

  @FuzzTest(maxDuration = "30s")
  void token(byte[] document) throws IOException {
    Costs.assertCheap(() -> readToken(document));
  }

  private static void readToken(byte[] document) {
    try {
      Token token = TokenServer.parse(document, AUTH, 0);
      assertThat(token.header()).matches("Bearer [!-~]+");
      assertThat(token.expiresAt()).isBetween(1L, LONGEST_LIFE);
      assertThat(token.renewAt()).isBetween(1L, token.expiresAt());
    } catch (HostFailure e) {
      assertThat(e).hasMessageStartingWith("token server auth.example: the answer ");
    }
  }
}
