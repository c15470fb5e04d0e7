package dev.lazuli.snapshotter.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.snapshotter.status.Content;
import dev.lazuli.snapshotter.status.Routes;
import dev.lazuli.snapshotter.status.StatusClient;
import dev.lazuli.snapshotter.status.StatusServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StoreAuthCommandTest {
  @TempDir Path directory;

  private final List<String> given = new ArrayList<>();
  private StatusServer server;
  private StatusClient client;

  @BeforeEach
  void serve() throws IOException {
    var socket = directory.resolve("status.sock");
    var routes =
        new Routes()
            .hatch(
                "/credentials",
                (_, query, authorization) -> {
                  var pair = authorization.orElseThrow().substring("Basic ".length());
                  var text = new String(Base64.getDecoder().decode(pair), UTF_8);
                  given.add(query.require("image") + " " + text);
                  return Content.text("kept");
                });
    server = StatusServer.onSocket(socket, routes);
    client = new StatusClient(socket);
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private void give(String said) throws IOException {
    StoreAuthCommand.give(new ByteArrayInputStream(said.getBytes(UTF_8)), client);
  }

  @Test
  void passwordsAndTokens_areGivenToTheDaemon() throws IOException {
    give(
        """
        {"localhost:5000/a:1":{"username":"u","password":"p:q \u00f6"},
        "localhost/b@sha256:00":{"identityToken":"t","username":"<token>"},
        "localhost/c:1":{}}
        """);

    assertThat(given)
        .containsExactly("localhost:5000/a:1 u:p:q \u00f6", "localhost/b@sha256:00 :t");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "secret", "[\"secret\"]", "{\"a\":{\"password\":\"secret\""})
  void otherInput_isRefused_andNotRepeated(String said) {
    assertThatThrownBy(() -> give(said))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("standard input is not")
        .hasMessageNotContaining("secret")
        .hasNoCause();
    assertThat(given).isEmpty();
  }

  @Test
  void tooMuchInput_isRefused() {
    assertThatThrownBy(() -> give(" ".repeat(64 << 10) + "{}")).isInstanceOf(IOException.class);
  }
}
