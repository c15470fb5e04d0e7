package dev.lazuli.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.RegistryException;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReferrersTest {
  private static final Digest SUBJECT = Digest.sha256(new byte[1]);
  private static final String INDEX =
      """
      {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [
        {"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 7,
         "digest": "sha256:%s", "artifactType": "application/toc"},
        {"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 8,
         "digest": "sha256:%s", "artifactType": "application/signature"}]}
      """
          .formatted("a".repeat(64), "b".repeat(64));

  private static List<Descriptor> ask(ClientRig rig, ScriptedServer server, String type)
      throws IOException {
    var reference = ImageReference.parse(server.host() + "/some/image:1");
    return rig.client.referrers(reference, SUBJECT, type);
  }

  @Test
  void list_of_the_registry_filtered_whether_it_does_so_or_not() throws Exception {
    try (var server = new ScriptedServer((request, reply) -> reply.send(200, INDEX));
        var rig = new ClientRig()) {
      assertThat(ask(rig, server, "application/toc"))
          .extracting(Descriptor::size)
          .containsExactly(7L);
      assertThat(server.requests.getLast().target())
          .isEqualTo("/v2/some/image/referrers/" + SUBJECT + "?artifactType=application%2Ftoc");
    }
  }

  @Test
  void registry_without_the_api_is_asked_for_the_tag_that_stands_for_it() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  if (request.target().contains("/manifests/sha256-" + SUBJECT.hex())) {
                    reply.send(200, INDEX);
                  } else {
                    reply.send(404, "");
                  }
                });
        var rig = new ClientRig()) {
      assertThat(ask(rig, server, "application/signature"))
          .extracting(Descriptor::size)
          .containsExactly(8L);
    }
  }

  @Test
  void nothing_that_refers_is_an_empty_list_and_a_failure_is_an_error() throws Exception {
    try (var server = new ScriptedServer((request, reply) -> reply.send(404, ""));
        var rig = new ClientRig(o -> o.attempts(2))) {
      assertThat(ask(rig, server, "application/toc")).isEmpty();

      server.script((request, reply) -> reply.send(500, "broken"));
      assertThatThrownBy(() -> ask(rig, server, "application/toc"))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining(server.host())
          .hasMessageContaining("500");
    }
  }
}
