package dev.lazuli.snapshotter.containerd;

import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What an image's configuration says of its layers.
 *
 * @param diffIds digests of the uncompressed layers, bottom first
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/config.md">OCI image
 *     specification: configuration</a>
 */
record ImageConfiguration(List<Digest> diffIds) {
  private static final JsonMapper JSON = JsonMapper.shared();

  ImageConfiguration {
    diffIds = List.copyOf(diffIds);
  }

  static ImageConfiguration parse(byte[] document) throws IOException {
    try {
      var diffIds = new ArrayList<Digest>();
      for (JsonNode diffId : JSON.readTree(document).path("rootfs").path("diff_ids")) {
        diffIds.add(Digest.parse(diffId.asString()));
      }
      return new ImageConfiguration(diffIds);
    } catch (JacksonException | IllegalArgumentException e) {
      throw new IOException("the image's configuration is malformed: " + e.getMessage(), e);
    }
  }

  /** Returns for each layer the name of the snapshot that holds it and all below. */
  List<String> chainIds() {
    var chain = new ArrayList<String>();
    for (var diffId : diffIds) {
      chain.add(chain.isEmpty() ? diffId.toString() : extend(chain.getLast(), diffId));
    }
    return chain;
  }

  private static String extend(String below, Digest diffId) {
    return Digest.sha256((below + " " + diffId).getBytes(StandardCharsets.UTF_8)).toString();
  }
}
