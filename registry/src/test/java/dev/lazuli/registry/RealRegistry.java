package dev.lazuli.registry;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.http.HttpTransport;
import dev.lazuli.registry.model.Credentials;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Debian's docker-registry as a child process, filled over its own API. */
final class RealRegistry implements AutoCloseable {
  private static final Path PROGRAM = Path.of("/usr/bin/docker-registry");

  /** {@code secret}, by bcrypt with its lowest cost: it is checked for every request. */
  private static final String HASH = "$2b$04$Y/7hoo1zmR2oD9jCLwbRlO3OlNUpOQd.RV3aJnN6r8y.TwHIWNBXa";

  private final int port;
  private final Process process;
  private final HttpClient http = HttpClient.newHttpClient();

  RealRegistry(Path folder, boolean withPassword) throws Exception {
    assumeTrue(Files.isExecutable(PROGRAM), "docker-registry is not installed");
    port = freePort();
    Files.createDirectories(folder.resolve("data"));
    Files.writeString(folder.resolve("htpasswd"), "user:" + HASH + "\n");
    String config =
        """
        version: 0.1
        log: {level: error, accesslog: {disabled: true}}
        storage: {filesystem: {rootdirectory: %s/data}}
        http: {addr: "127.0.0.1:%d"}
        """
            .formatted(folder, port);
    String auth = "auth: {htpasswd: {realm: test, path: %s/htpasswd}}\n".formatted(folder);
    Files.writeString(folder.resolve("config.yml"), withPassword ? config + auth : config);
    process =
        new ProcessBuilder(PROGRAM.toString(), "serve", folder.resolve("config.yml").toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    awaitAnswer();
  }

  String host() {
    return "127.0.0.1:" + port;
  }

  void pushBlob(String repository, byte[] content) throws Exception {
    HttpResponse<String> started =
        send(request("/v2/" + repository + "/blobs/uploads/").POST(BodyPublishers.noBody()), 202);
    String location = started.headers().firstValue("Location").orElseThrow();
    URI target = URI.create("http://" + host()).resolve(location);
    String mark = target.getQuery() == null ? "?" : "&";
    var upload =
        HttpRequest.newBuilder(URI.create(target + mark + "digest=" + Digest.sha256(content)))
            .header("Authorization", HttpTransport.basic(Credentials.password("user", "secret")))
            .PUT(BodyPublishers.ofByteArray(content));
    send(upload, 201);
  }

  void pushManifest(String repository, String tag, String mediaType, String json) throws Exception {
    send(
        request("/v2/" + repository + "/manifests/" + tag)
            .header("Content-Type", mediaType)
            .PUT(BodyPublishers.ofString(json)),
        201);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://" + host() + path))
        .header("Authorization", HttpTransport.basic(Credentials.password("user", "secret")));
  }

  private HttpResponse<String> send(HttpRequest.Builder request, int expected) throws Exception {
    HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
    if (response.statusCode() != expected) {
      throw new IOException(
          response.request().uri() + ": " + response.statusCode() + " " + response.body());
    }
    return response;
  }

  private void awaitAnswer() throws IOException {
    boolean answered = false;
    try {
      Eventually.until(() -> !process.isAlive() || answers());
      answered = process.isAlive();
    } finally {
      if (!answered) {
        close();
      }
    }
    if (!answered) {
      throw new IOException("docker-registry has ended");
    }
  }

  private boolean answers() throws InterruptedException {
    try {
      http.send(request("/v2/").build(), BodyHandlers.discarding());
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    http.close();
    process.destroy();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
