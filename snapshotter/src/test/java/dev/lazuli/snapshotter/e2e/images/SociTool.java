package dev.lazuli.snapshotter.e2e.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.NodePrograms;
import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Debian's {@code soci}, which makes indexes of version 1, and what is missing for those of version
 * 2: an image that names its index.
 */
final class SociTool {
  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final String INDEX_1 = "application/vnd.amazon.soci.index.v1+json";
  private static final String INDEX_2 = "application/vnd.amazon.soci.index.v2+json";

  private static final NodePrograms PROGRAMS = NodePrograms.named("forky-soci");

  private final ContainerdExtension bed;
  private final String repository;
  private final HttpClient http = HttpClient.newHttpClient();

  /**
   * Takes the tool; the test is skipped where it is not there.
   *
   * @param repository where images and indexes are, with its host
   */
  SociTool(ContainerdExtension bed, String repository) {
    this.bed = bed;
    this.repository = repository.replaceFirst("/", "/v2/");
    assumeTrue(PROGRAMS.path("soci").isPresent(), "no soci (./verify makes a node with it)");
  }

  /** Pulls an image by containerd, indexes all of its layers, and pushes the index beside it. */
  void index(String reference) throws IOException {
    bed.containerd().ctr("image", "pull", "--plain-http", reference).within(Node.LONG).check();
    var soci = PROGRAMS.path("soci").orElseThrow();
    // It keeps what it makes below /var/lib, wherever it is told to.
    var script =
        """
        mount -t tmpfs none /var/lib
        %1$s --address %2$s create --min-layer-size 0 %3$s
        %1$s --address %2$s push --plain-http --quiet %3$s
        """
            .formatted(soci, bed.containerd().socket(), reference);
    Command.of("unshare", "--mount", "sh", "-ec", script).within(Node.LONG).check();
  }

  /** Returns the index of an image, as the referrers API has it. */
  ObjectNode indexOf(String manifestDigest) throws IOException {
    var list = JsonMapper.shared().readTree(get("referrers/" + manifestDigest));
    assertThat(list.path("manifests")).hasSize(1);
    assertThat(list.at("/manifests/0/artifactType").asString()).isEqualTo(INDEX_1);
    var index = get("manifests/" + list.at("/manifests/0/digest").asString());
    return (ObjectNode) JsonMapper.shared().readTree(index);
  }

  /**
   * Pushes an image that differs from another only in that it names an index.
   *
   * @param index of version 1, which becomes one of version 2
   */
  void pushIndexed(String tag, byte[] manifest, ObjectNode index) throws IOException {
    var second = index.deepCopy();
    second.remove("subject");
    ((ObjectNode) second.path("config")).put("mediaType", INDEX_2);
    var indexBytes = bytes(second);
    var indexDigest = Digest.sha256(indexBytes).toString();
    put("manifests/" + indexDigest, indexBytes);
    var image = (ObjectNode) JsonMapper.shared().readTree(manifest);
    image.putObject("annotations").put("com.amazon.soci.index-digest", indexDigest);
    put("manifests/" + tag, bytes(image));
  }

  /** Returns a blob, such as a ztoc. */
  byte[] blob(String digest) throws IOException {
    return get("blobs/" + digest);
  }

  /** Pushes a blob; returns its digest. */
  String push(byte[] blob) throws IOException {
    var digest = Digest.sha256(blob).toString();
    var request =
        HttpRequest.newBuilder(uri("blobs/uploads/?digest=" + digest))
            .header("Content-Type", "application/octet-stream")
            .POST(HttpRequest.BodyPublishers.ofByteArray(blob));
    assertThat(send(request).statusCode()).isEqualTo(201);
    return digest;
  }

  private static byte[] bytes(JsonNode json) {
    return JsonMapper.shared().writeValueAsBytes(json);
  }

  private byte[] get(String path) throws IOException {
    var reply = send(HttpRequest.newBuilder(uri(path)));
    assertThat(reply.statusCode()).as(path).isEqualTo(200);
    return reply.body();
  }

  private void put(String path, byte[] manifest) throws IOException {
    var request =
        HttpRequest.newBuilder(uri(path))
            .header("Content-Type", MANIFEST)
            .PUT(HttpRequest.BodyPublishers.ofByteArray(manifest));
    assertThat(send(request).statusCode()).as(path).isEqualTo(201);
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException {
    try {
      return http.send(request.build(), BodyHandlers.ofByteArray());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private URI uri(String path) {
    return URI.create("http://" + repository + "/" + path);
  }
}
