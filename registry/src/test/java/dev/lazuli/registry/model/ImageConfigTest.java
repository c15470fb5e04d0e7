package dev.lazuli.registry.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageConfigTest {
  private static ImageConfig parse(String document) throws IOException {
    return ImageConfig.parse(document.getBytes(UTF_8));
  }

  @Test
  void whatTheConfigurationSays_isRead() throws IOException {
    var config =
        parse(
            """
            {"created": "2026-01-01T00:00:00Z", "rootfs": {"type": "layers", "diff_ids": []},
             "config": {
               "Entrypoint": ["/init", "--"], "Cmd": ["serve"], "WorkingDir": "/srv",
               "Env": ["HOME=/root", "PATH=/bin"], "ExposedPorts": {"80/tcp": {}}}}
            """);

    assertThat(config.entrypoint()).containsExactly("/init", "--");
    assertThat(config.command()).containsExactly("serve");
    assertThat(config.environment()).containsExactly("HOME=/root", "PATH=/bin");
    assertThat(config.workingDirectory()).isEqualTo("/srv");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "7",
        "{\"config\": null}",
        "{\"config\": {\"Entrypoint\": null, \"Cmd\": 7, \"Env\": {\"a\": 1}, \"WorkingDir\": []}}",
        "{\"config\": {\"Cmd\": [1, null, {\"a\": 123456789012345678901234567890}]}}"
      })
  void whatItDoesNotSay_isEmpty(String document) throws IOException {
    var config = parse(document);

    assertThat(config.entrypoint()).isEmpty();
    assertThat(config.command()).isEmpty();
    assertThat(config.environment()).isEmpty();
    assertThat(config.workingDirectory()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "not found", "{\"config\": {", "{\"config\"", "[1, 2", "{} {}", "{\"a\": }"})
  void noJson_isAnError(String document) {
    assertThatThrownBy(() -> parse(document)).isInstanceOf(IOException.class);
  }

  @Test
  void depthWithoutEnd_isAnError() {
    assertThatThrownBy(() -> parse("[".repeat(1_000_000))).isInstanceOf(IOException.class);
  }
}
