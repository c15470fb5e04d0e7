package dev.lazuli.registry;

import static dev.lazuli.registry.ClientRig.bytes;
import static dev.lazuli.registry.ClientRig.read;
import static java.util.Arrays.copyOfRange;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobRanges;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ByteRange;
import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.ManifestContent;
import dev.lazuli.registry.model.MediaTypes;
import dev.lazuli.registry.model.Mirror;
import dev.lazuli.registry.model.RegistryException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client against the registry that most people run. */
@Timeout(60)
class DockerRegistryIT {
  private static final byte[] BLOB = bytes(5_000_000);
  private static final byte[] CONFIG =
      "{\"architecture\":\"amd64\",\"os\":\"linux\"}".getBytes(StandardCharsets.UTF_8);
  private static final String IMAGE = manifest();

  @TempDir static Path folder;
  private static RealRegistry registry;

  @BeforeAll
  static void start() throws Exception {
    registry = new RealRegistry(folder, /* withPassword= */ false);
    fill(registry);
  }

  @AfterAll
  static void stop() {
    if (registry != null) {
      registry.close();
    }
  }

  private static void fill(RealRegistry registry) throws Exception {
    registry.pushBlob("some/image", BLOB);
    registry.pushBlob("some/image", CONFIG);
    registry.pushManifest("some/image", "1", MediaTypes.OCI_MANIFEST, IMAGE);
  }

  /** Without a mediaType of its own, as umoci and skopeo write it. */
  private static String manifest() {
    return """
    {"schemaVersion":2,
     "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%d},
     "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"%s","size":%d,
       "annotations":{"containerd.io/snapshot/stargz/toc.digest":"sha256:00"}}]}
    """
        .formatted(Digest.sha256(CONFIG), CONFIG.length, Digest.sha256(BLOB), BLOB.length);
  }

  private static ImageReference reference() {
    return ImageReference.parse(registry.host() + "/some/image:1");
  }

  private static RegistryBlob blob(ClientRig rig) {
    return rig.client.blob(reference(), Digest.sha256(BLOB), -1);
  }

  @Test
  void manifest_config_and_layer_as_pushed() throws Exception {
    try (var rig = new ClientRig()) {
      Descriptor resolved = rig.client.resolve(reference());
      ManifestContent content = rig.client.manifest(reference());

      assertThat(resolved).isEqualTo(content.descriptor());
      assertThat(content.bytes()).asString().isEqualTo(IMAGE);
      assertThat(rig.client.manifest(reference(), resolved).bytes()).isEqualTo(content.bytes());
      var image = (ImageManifest) content.manifest();
      assertThat(rig.client.content(reference(), image.config())).isEqualTo(CONFIG);
      assertThat(image.layers().getFirst().annotations()).hasSize(1);
      assertThat(blob(rig).size()).isEqualTo(BLOB.length);
      assertThat(read(blob(rig), 0, BLOB.length)).isEqualTo(BLOB);
    }
  }

  @Test
  void many_ranges_in_one_request() throws Exception {
    var ranges = new ArrayList<ByteRange>();
    for (int i = 0; i < 100; i++) {
      ranges.add(new ByteRange(i * 50_000L, 1 + i * 400L));
    }
    try (var rig = new ClientRig();
        BlobRanges open = blob(rig).open(ranges)) {
      for (ByteRange range : ranges) {
        BlobStream stream = java.util.Objects.requireNonNull(open.next());
        long at = range.offset();
        for (ByteBuffer piece = stream.next(); piece != null; piece = stream.next()) {
          var copy = new byte[piece.remaining()];
          piece.get(copy);
          assertThat(copy).isEqualTo(copyOfRange(BLOB, (int) at, (int) at + copy.length));
          at += copy.length;
        }
        assertThat(at).isEqualTo(range.end());
      }
      assertThat(open.next()).isNull();
      assertThat(blob(rig).rangesAtOnce()).isEqualTo(100);
    }
  }

  @Test
  void range_beyond_the_end_is_an_error_and_the_next_request_works() throws Exception {
    try (var rig = new ClientRig()) {
      RegistryBlob unknownSize = blob(rig);

      assertThatThrownBy(() -> unknownSize.open(BLOB.length + 10, 10))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("status 416");
      assertThat(read(blob(rig), 7, 10)).isEqualTo(copyOfRange(BLOB, 7, 17));
    }
  }

  @Test
  void unknown_things_are_not_found() throws Exception {
    try (var rig = new ClientRig()) {
      var missing = ImageReference.parse(registry.host() + "/some/image:2");

      assertThatThrownBy(() -> rig.client.manifest(missing))
          .isInstanceOfSatisfying(RegistryException.class, e -> assertThat(e.isNotFound()).isTrue())
          .hasMessageContaining("MANIFEST_UNKNOWN");
      assertThatThrownBy(() -> rig.client.resolve(missing)).hasMessageContaining("status 404");
      assertThat(rig.client.referrers(reference(), Digest.sha256(CONFIG), null)).isEmpty();
    }
  }

  @Test
  void password_protected_registry(@TempDir Path other) throws Exception {
    try (var locked = new RealRegistry(other, /* withPassword= */ true);
        var known =
            new ClientRig(
                o -> o.credentials((h, r) -> Optional.of(Credentials.password("user", "secret"))));
        var wrong =
            new ClientRig(
                o -> o.credentials((h, r) -> Optional.of(Credentials.password("user", "guess"))))) {
      fill(locked);
      var reference = ImageReference.parse(locked.host() + "/some/image:1");
      var mirrored = new Mirror(locked.host(), true);

      assertThat(known.client.manifest(reference).manifest()).isInstanceOf(ImageManifest.class);
      assertThat(read(known.client.blob(reference, Digest.sha256(BLOB), BLOB.length), 9, 9))
          .isEqualTo(copyOfRange(BLOB, 9, 18));
      assertThatThrownBy(() -> wrong.client.resolve(reference)).hasMessageContaining("status 401");
      try (var anonymous = new ClientRig(o -> o.mirrors(registry.host(), List.of(mirrored)))) {
        assertThat(read(blob(anonymous), 0, 10)).isEqualTo(copyOfRange(BLOB, 0, 10));
      }
    }
  }
}
