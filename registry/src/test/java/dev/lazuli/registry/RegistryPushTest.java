package dev.lazuli.registry;

import static dev.lazuli.registry.ClientRig.bytes;
import static dev.lazuli.registry.ClientRig.read;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.demo.registry.RegistryDemands.Access;
import dev.lazuli.demo.registry.RegistryRequest;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.read.ChannelBlobSource;
import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.MediaTypes;
import dev.lazuli.registry.model.RegistryException;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RegistryPushTest {
  private static final byte[] BLOB = bytes(3_000_000);
  private static final Digest DIGEST = Digest.sha256(BLOB);

  @TempDir Path folder;
  private FileChannel file;
  private BlobSource content;

  @BeforeEach
  void writeFile() throws IOException {
    file = FileChannel.open(Files.write(folder.resolve("blob"), BLOB));
    content = new ChannelBlobSource(file);
  }

  @AfterEach
  void closeFile() throws IOException {
    file.close();
  }

  private static ImageReference image(TestRegistry registry, String name) {
    return ImageReference.parse(registry.host() + "/" + name);
  }

  private PushOutcome push(ClientRig rig, ImageReference image) throws IOException {
    return rig.client.push(image).blob(DIGEST, BLOB.length, content, null);
  }

  @Test
  void blob_arrivesWhole_andIsNotSentTwice() throws IOException {
    try (var registry = TestRegistry.start();
        var rig = new ClientRig()) {
      var image = image(registry, "some/image:1");

      assertThat(push(rig, image)).isEqualTo(PushOutcome.UPLOADED);
      assertThat(push(rig, image)).isEqualTo(PushOutcome.PRESENT);

      var pushed = rig.client.blob(image, DIGEST, BLOB.length);
      assertThat(read(pushed, 0, BLOB.length)).isEqualTo(BLOB);
    }
  }

  @Test
  void manifest_isThereUnderItsTag() throws IOException {
    try (var registry = TestRegistry.start();
        var rig = new ClientRig()) {
      var image = image(registry, "some/image:1");
      var json =
          "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[]}"
              .formatted(MediaTypes.OCI_INDEX)
              .getBytes(UTF_8);

      var digest = rig.client.push(image).manifest("1", MediaTypes.OCI_INDEX, json);

      assertThat(rig.client.resolve(image).digest()).isEqualTo(digest);
      assertThat(rig.client.manifest(image).bytes()).isEqualTo(json);
    }
  }

  @Test
  void token_toPush_isAskedForBesideTheOneToPull() throws IOException {
    var access = new Access.Bearer("user", "secret", Duration.ofMinutes(5));
    try (var registry =
            TestRegistry.start(dev.lazuli.demo.registry.RegistryDemands.OPEN.withAccess(access));
        var rig =
            new ClientRig(
                o ->
                    o.credentials(
                        (host, ref) -> Optional.of(Credentials.password("user", "secret"))))) {
      var image = image(registry, "private/image:1");

      assertThat(push(rig, image)).isEqualTo(PushOutcome.UPLOADED);

      assertThat(read(rig.client.blob(image, DIGEST, BLOB.length), 7, 100)).hasSize(100);
      assertThat(registry.counters().tokens()).isEqualTo(2);
    }
  }

  @Test
  void wrongCredentials_areToldWithTheirStatus() throws IOException {
    var access = new Access.Basic("user", "secret");
    try (var registry =
            TestRegistry.start(dev.lazuli.demo.registry.RegistryDemands.OPEN.withAccess(access));
        var rig = new ClientRig()) {
      assertThatThrownBy(() -> push(rig, image(registry, "some/image:1")))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("push of " + DIGEST)
          .hasMessageContaining("status 401");
    }
  }

  @Test
  void uploadsThatFail_areSentAgain() throws IOException {
    try (var registry = TestRegistry.start();
        var rig = new ClientRig()) {
      var put =
          RegistryRequest.kind(RegistryRequest.Kind.UPLOAD)
              .and(request -> request.method().equals("PUT"));
      registry.faults().next(put, Fault.status(503), new Fault.NoAnswer());

      var image = image(registry, "some/image:1");

      assertThat(push(rig, image)).isNotEqualTo(PushOutcome.MOUNTED);

      assertThat(registry.faults().injected()).isPositive();
      assertThat(read(rig.client.blob(image, DIGEST, BLOB.length), 0, BLOB.length)).isEqualTo(BLOB);
    }
  }

  @Test
  void otherBytesThanPromised_areRefusedByTheRegistry_andNotSentAgain() throws IOException {
    try (var registry = TestRegistry.start();
        var rig = new ClientRig()) {
      var push = rig.client.push(image(registry, "some/image:1"));
      var other = Digest.sha256(new byte[1]);

      assertThatThrownBy(() -> push.blob(other, BLOB.length, content, null))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("400");
    }
  }

  @Test
  void aFileThatIsTooShort_isAnError() throws IOException {
    try (var registry = TestRegistry.start();
        var rig = new ClientRig(o -> o.attempts(1))) {
      var push = rig.client.push(image(registry, "some/image:1"));

      assertThatThrownBy(() -> push.blob(DIGEST, BLOB.length + 1L, content, null))
          .hasMessageContaining("file ends at 3000000");
    }
  }

  @Test
  void blobOfAnotherRepository_isMounted() throws IOException {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  if (request.method().equals("POST")) {
                    reply.send(201, "");
                  } else {
                    reply.send(404, "");
                  }
                });
        var rig = new ClientRig()) {
      var image = ImageReference.parse(server.host() + "/to/image:1");

      var outcome = rig.client.push(image).blob(DIGEST, BLOB.length, content, "from/image");

      assertThat(outcome).isEqualTo(PushOutcome.MOUNTED);
      assertThat(server.targets().getLast())
          .isEqualTo(
              "POST /v2/to/image/blobs/uploads/?mount="
                  + DIGEST.toString().replace(":", "%3A")
                  + "&from=from/image");
    }
  }

  @Test
  void uploadElsewhere_doesNotCarryTheAuthorization() throws Exception {
    try (var elsewhere = new ScriptedServer((request, reply) -> reply.send(201, ""));
        var server =
            new ScriptedServer(
                (request, reply) -> {
                  if (request.header("authorization") == null) {
                    reply.send(401, "", "WWW-Authenticate: Basic realm=\"r\"");
                  } else if (request.method().equals("POST")) {
                    reply.send(202, "", "Location: http://" + elsewhere.host() + "/put?token=x");
                  } else {
                    reply.send(404, "");
                  }
                });
        var rig =
            new ClientRig(
                o ->
                    o.credentials(
                        (host, ref) -> Optional.of(Credentials.password("user", "secret"))))) {
      var image = ImageReference.parse(server.host() + "/to/image:1");

      assertThat(rig.client.push(image).blob(DIGEST, 10, content, null))
          .isEqualTo(PushOutcome.UPLOADED);

      var put = elsewhere.requests.getFirst();
      assertThat(put.target()).startsWith("/put?token=x&digest=sha256%3A");
      assertThat(put.header("authorization")).isNull();
    }
  }
}
