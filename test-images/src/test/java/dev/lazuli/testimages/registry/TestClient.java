package dev.lazuli.testimages.registry;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** A plain HTTP/1.1 client of the JDK, pointed at one registry. */
final class TestClient implements AutoCloseable {
  private final HttpClient client;
  private final String base;

  TestClient(TestRegistry registry) {
    this(HttpClient.newBuilder(), "http://" + registry.host());
  }

  TestClient(HttpClient.Builder builder, String base) {
    this.client = builder.version(HttpClient.Version.HTTP_1_1).build();
    this.base = base;
  }

  HttpResponse<byte[]> get(String path, String... headers)
      throws IOException, InterruptedException {
    return send("GET", path, new byte[0], headers);
  }

  HttpResponse<byte[]> send(String method, String path, byte[] body, String... headers)
      throws IOException, InterruptedException {
    var uri = path.startsWith("http") ? URI.create(path) : URI.create(base + path);
    var request =
        HttpRequest.newBuilder(uri)
            .timeout(Duration.ofSeconds(60))
            .method(
                method,
                body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  @Override
  public void close() {
    client.shutdownNow();
    client.close();
  }
}
