package dev.lazuli.snapshotter.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.registry.model.RegistryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ImageCheckTest {
  private static RegistryException failure(int status) {
    return new RegistryException("resolve", "a:1", "r.example", status, "reason", null);
  }

  @ParameterizedTest
  @CsvSource({
    "401, put credentials for r.example in /root/.docker/config.json",
    "403, put credentials for r.example in /root/.docker/config.json",
    "404, check the name",
    "429, the registry limits requests",
    "503, the registry is in trouble",
    "0, check that this machine reaches the host",
  })
  void remedy_fitsTheAnswer(int status, String expected) {
    assertThat(ImageCheck.remedy(failure(status))).startsWith(expected);
  }

  @Test
  void remedyForObjectStorage_isNotALogin() {
    assertThat(ImageCheck.remedy(failure(403).ofAnotherServer()))
        .contains("what it points to")
        .doesNotContain("credentials");
  }
}
