package dev.lazuli.snapshotter.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.status.Routes;
import dev.lazuli.snapshotter.status.StatusServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PullSecretsTest {
  private static final ImageReference IMAGE = ImageReference.parse("reg.example/team/app:1");
  private static final String MANIFEST =
      "/lazuli-pull-secrets/v2/team/app/manifests/1?ns=reg.example";

  @TempDir Path directory;
  private HandedOver secrets;
  private StatusServer server;

  @BeforeEach
  void start() throws IOException {
    secrets = HandedOver.open(directory.resolve("secrets"));
    server =
        StatusServer.onAddress(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            new Routes().door(PullSecrets.PATH, new PullSecrets(secrets, "127.0.0.1:989")));
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private String ask(String method, String target, String... headers) throws IOException {
    var address = (InetSocketAddress) server.address();
    try (var socket = new Socket(address.getAddress(), address.getPort())) {
      var head = method + " " + target + " HTTP/1.1\r\nHost: x\r\n";
      for (var header : headers) {
        head += header + "\r\n";
      }
      socket.getOutputStream().write((head + "\r\n").getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  private static String basic(String pair) {
    return "authorization: Basic " + Base64.getEncoder().encodeToString(pair.getBytes(UTF_8));
  }

  private String tokenFor(String... headers) throws IOException {
    var answer = ask("GET", "/lazuli-pull-secrets/token?service=lazuli", headers);
    assertThat(answer).startsWith("HTTP/1.1 200 ");
    return answer.replaceAll("(?s).*\"token\":\"([^\"]+)\".*", "Authorization: Bearer $1");
  }

  @Test
  void client_isAskedForItsSecret_andThenSentOn() throws IOException {
    var asked = ask("HEAD", MANIFEST);
    assertThat(asked)
        .startsWith("HTTP/1.1 401 ")
        .contains(
            "\r\nWWW-Authenticate: Bearer realm=\"http://127.0.0.1:989/lazuli-pull-secrets/token\"")
        .endsWith("\r\n\r\n");

    var token = tokenFor(basic("pod:se:cret"));
    assertThat(secrets.all("reg.example", IMAGE)).isEmpty();
    assertThat(ask("HEAD", MANIFEST, token)).startsWith("HTTP/1.1 404 ");

    assertThat(secrets.all("reg.example", IMAGE))
        .containsExactly(Credentials.password("pod", "se:cret"));
    assertThat(ask("GET", MANIFEST, tokenFor(basic(":identity")))).startsWith("HTTP/1.1 404 ");
    assertThat(secrets.find("reg.example", IMAGE)).contains(Credentials.identityToken("identity"));
  }

  @Test
  void clientWithoutSecret_isSentOnWithoutAnError() throws IOException {
    for (var nothing :
        new String[] {"x: y", "authorization: Basic !", "authorization: Basic YQ=="}) {
      assertThat(ask("GET", MANIFEST, tokenFor(nothing))).startsWith("HTTP/1.1 404 ");
    }
    assertThat(ask("GET", MANIFEST, "authorization: Bearer unknown")).startsWith("HTTP/1.1 404 ");
    assertThat(secrets.all("reg.example", IMAGE)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/lazuli-pull-secrets/v2/team/app/manifests/1",
        "/lazuli-pull-secrets/v2/team/app/manifests/1?ns=a/../b",
        "/lazuli-pull-secrets/v2/",
        "/lazuli-pull-secrets/v2/team/app/tags/list?ns=reg.example",
        "/v2/team/app/manifests/1?ns=reg.example"
      })
  void otherRequests_areNotAskedForSecrets(String target) throws IOException {
    assertThat(ask("GET", target, tokenFor(basic("pod:secret")))).startsWith("HTTP/1.1 404 ");
    assertThat(ask("GET", target)).startsWith("HTTP/1.1 404 ");
    assertThat(secrets.all("reg.example", IMAGE)).isEmpty();
  }

  @Test
  void nothingIsPushedHere() throws IOException {
    var token = tokenFor(basic("pod:secret"));

    assertThat(ask("PUT", MANIFEST, token)).startsWith("HTTP/1.1 400 ");
    assertThat(ask("POST", "/lazuli-pull-secrets/token")).startsWith("HTTP/1.1 404 ");
    assertThat(secrets.all("reg.example", IMAGE)).isEmpty();
  }
}
