package dev.lazuli.snapshotter.e2e.pods;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Daemon;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.RegistryDemands;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A private image, whose password only the credential provider of this node's kubelet knows. */
final class CredentialsIT {
  private static final String SECRET = "a password that rotates";

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static Path directory;

  @BeforeAll
  static void makeDirectory() throws IOException {
    directory = Files.createDirectories(BED.directory().resolve("kubelet"));
  }

  /** Configures a provider that knows the password of one registry. */
  private static void configure(String host) throws IOException {
    write(
        "providers.yaml",
        "rw-r--r--",
        """
        apiVersion: kubelet.config.k8s.io/v1
        kind: CredentialProviderConfig
        providers:
          - name: cloud
            matchImages:
              - "%s"
            defaultCacheDuration: 1m
            apiVersion: credentialprovider.kubelet.k8s.io/v1
        """
            .formatted(host));
    write(
        "cloud",
        "rwxr-xr-x",
        """
        #!/bin/sh
        echo '{"kind": "CredentialProviderResponse", "cacheKeyType": "Registry",'
        echo '"auth": {"%s": {"username": "node", "password": "%s"}}}'
        """
            .formatted(host, SECRET));
  }

  private static void write(String name, String rights, String text) throws IOException {
    Files.writeString(directory.resolve(name), text);
    Files.setPosixFilePermissions(directory.resolve(name), PosixFilePermissions.fromString(rights));
  }

  /** Its flags are all that is looked at. */
  private static Daemon kubelet() throws IOException {
    return Daemon.start(
        BED.directory().resolve("kubelet.log"),
        "bash",
        "-c",
        "exec -a kubelet bash -c 'tail --pid=$$ -f /dev/null; :'"
            + " --image-credential-provider-config="
            + directory.resolve("providers.yaml")
            + " --image-credential-provider-bin-dir="
            + directory);
  }

  @Test
  void privateImage_isLazyByTheKubeletsProvider_alsoAfterTokensEndAndARestart() throws Exception {
    var access = new RegistryDemands.Access.Bearer("node", SECRET, Duration.ofSeconds(1));
    try (var registry = TestRegistry.start(RegistryDemands.OPEN.withAccess(access));
        var _ = kubelet()) {
      var layout = OciLayout.at(BED.directory().resolve("layout"));
      PodImage.build(layout, "1", LayerEncoding.ESTARGZ, LayerEncoding.ZSTD_CHUNKED);
      registry.serve("private", layout);
      var image = registry.reference("private", "1");
      configure(registry.host());
      var node = Node.start(BED, "fetch.background=false");

      node.rpull(image).with("--user", "node:" + SECRET).check();
      PodImage.assertLazy(BED, node);
      assertThat(node.shell(image, "early", "cat /greeting")).isEqualTo("hello from a pod");
      assertThat(status(node))
          .contains(
              "credentials of %s: %s: user \"node\" of the kubelet's credential provider cloud"
                  .formatted(image, registry.host()));

      node.restartDaemon("fetch.background=false");
      assertThat(node.shell(image, "late", "cat /unread | wc -c"))
          .isEqualTo(Integer.toString(PodImage.UNREAD_BYTES));

      assertThat(node.daemon().log()).doesNotContain(SECRET);
      assertThat(status(node)).doesNotContain(SECRET);
      node.removeImage(image);
      node.awaitNothingLeft();
    }
  }

  private static String status(Node node) throws IOException {
    return DaemonProcess.lazuli("status", "--state=" + node.daemon().state()).check().output();
  }
}
