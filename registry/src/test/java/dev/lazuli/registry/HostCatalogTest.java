package dev.lazuli.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.registry.hosts.HostCatalog;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.Mirror;
import dev.lazuli.registry.model.TlsSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostCatalogTest {
  @TempDir Path folder;

  private static List<RegistryHost> hosts(String registry, Consumer<RegistryOptions.Builder> change)
      throws IOException {
    var options = RegistryOptions.builder();
    change.accept(options);
    return new HostCatalog(options.build().hosts()).hosts(registry);
  }

  private List<RegistryHost> hosts(String registry) throws IOException {
    return hosts(registry, o -> o.hostsDirectory(folder));
  }

  private void write(String name, String toml) throws IOException {
    Files.createDirectories(folder.resolve(name));
    Files.writeString(folder.resolve(name).resolve("hosts.toml"), toml.replace('\'', '"'));
  }

  private static List<String> urls(List<RegistryHost> hosts) {
    return hosts.stream().map(h -> h.origin().url() + h.base()).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "docker.io, https://registry-1.docker.io/v2",
    "ghcr.io, https://ghcr.io/v2",
    "reg.example:8443, https://reg.example:8443/v2",
    "localhost, http://localhost/v2",
    "localhost:5000, http://localhost:5000/v2",
    "127.0.0.1:5000, http://127.0.0.1:5000/v2",
    "'[::1]:5000', http://[::1]:5000/v2",
    "plain.example, http://plain.example/v2",
    "plain.example:81, http://plain.example:81/v2",
    "localhost.example, https://localhost.example/v2",
  })
  void registry_itself(String registry, String url) throws IOException {
    List<RegistryHost> hosts = hosts(registry, o -> o.plainHttpHost("plain.example"));

    assertThat(urls(hosts)).containsExactly(url);
    assertThat(hosts.getFirst().namespace()).isNull();
  }

  @Test
  void configured_mirrors_come_first() throws IOException {
    List<RegistryHost> hosts =
        hosts(
            "docker.io",
            o ->
                o.mirrors(
                    "docker.io",
                    List.of(
                        new Mirror("m1.example:5000", true, Map.of("X-A", "b")),
                        new Mirror("m2.example", false),
                        new Mirror("https://m3.example/proxy/v2/", false))));

    assertThat(urls(hosts))
        .containsExactly(
            "http://m1.example:5000/v2",
            "https://m2.example/v2",
            "https://m3.example/proxy/v2",
            "https://registry-1.docker.io/v2");
    assertThat(hosts.getFirst().headers()).containsEntry("X-A", List.of("b"));
    assertThat(hosts.getFirst().target(ImageReference.parse("alpine"), "/blobs/x"))
        .isEqualTo("/v2/library/alpine/blobs/x?ns=docker.io");
    assertThat(hosts.getLast().target(ImageReference.parse("alpine"), "/blobs/x"))
        .isEqualTo("/v2/library/alpine/blobs/x");
  }

  @Test
  void hosts_file_in_its_order_with_all_it_can_say() throws IOException {
    write(
        "docker.io",
        """
        server = 'https://registry-1.docker.io'

        [host.'https://z.example']
          capabilities = ['pull']
          skip_verify = true
          [host.'https://z.example'.header]
            x-one = '1'
            x-two = ['2', 'zwei']
        [host.'http://a.example:5000/some/path']
          capabilities = ['pull', 'resolve']
        [host.'https://b.example/odd']
          override_path = true
          ca = ['one.pem', '/abs/two.pem']
          client = [['c.cert', 'c.key']]
        [host.'c.example']
          ca = 'one.pem'
          client = 'both.pem'
        """);

    List<RegistryHost> hosts = hosts("docker.io");

    assertThat(urls(hosts))
        .containsExactly(
            "https://z.example/v2",
            "http://a.example:5000/some/path/v2",
            "https://b.example/odd",
            "https://c.example/v2",
            "https://registry-1.docker.io/v2");
    assertThat(hosts.get(0).resolves()).isFalse();
    assertThat(hosts.get(0).origin().settings().verify()).isFalse();
    assertThat(hosts.get(0).headers())
        .containsEntry("x-one", List.of("1"))
        .containsEntry("x-two", List.of("2", "zwei"));
    assertThat(hosts.get(1).namespace()).isEqualTo("docker.io");
    Path own = folder.resolve("docker.io");
    assertThat(hosts.get(2).origin().settings().authorities())
        .containsExactly(own.resolve("one.pem"), Path.of("/abs/two.pem"));
    assertThat(hosts.get(2).origin().settings().identities())
        .containsExactly(new TlsSettings.Identity(own.resolve("c.cert"), own.resolve("c.key")));
    assertThat(hosts.get(3).origin().settings().identities())
        .containsExactly(new TlsSettings.Identity(own.resolve("both.pem"), null));
    assertThat(hosts.get(4).namespace()).isNull();
    assertThat(hosts.get(4).origin().settings().verify()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"_default", "reg.example"})
  void folder_with_only_the_place_for_pull_secrets_leaves_the_mirrors(String name)
      throws IOException {
    var secrets = "[host.'http://127.0.0.1:989/lazuli-pull-secrets']\n";
    write(name, secrets + "  capabilities = ['pull', 'resolve']\n");
    Consumer<RegistryOptions.Builder> mirrored =
        o ->
            o.hostsDirectory(folder)
                .mirrors("reg.example", List.of(new Mirror("m.example", false)));

    assertThat(urls(hosts("reg.example", mirrored)))
        .containsExactly("https://m.example/v2", "https://reg.example/v2");

    write(name, "skip_verify = true\n" + secrets);
    assertThat(urls(hosts("reg.example", mirrored))).containsExactly("https://reg.example/v2");
    write(name, secrets + "[host.'https://n.example']\n");
    assertThat(urls(hosts("reg.example", mirrored)))
        .containsExactly("https://n.example/v2", "https://reg.example/v2");
  }

  @Test
  void file_without_server_ends_with_the_registry_itself() throws IOException {
    write("reg.example_5000_", "skip_verify = true\n[host.'http://m.example']\n");

    List<RegistryHost> hosts = hosts("reg.example:5000");

    assertThat(urls(hosts)).containsExactly("http://m.example/v2", "https://reg.example:5000/v2");
    assertThat(hosts.getLast().origin().settings().verify()).isFalse();
  }

  @Test
  void default_folder_serves_registries_without_their_own() throws IOException {
    write("_default", "[host.'http://m.example']\n");
    write("reg.example", "");

    assertThat(urls(hosts("other.example")))
        .containsExactly("http://m.example/v2", "https://other.example/v2");
    assertThat(urls(hosts("reg.example"))).containsExactly("https://reg.example/v2");
    assertThat(hosts("other.example").getFirst().namespace()).isEqualTo("other.example");
  }

  @Test
  void folder_with_certificates_only() throws IOException {
    Path own = Files.createDirectories(folder.resolve("reg.example"));
    for (String name : List.of("ca.crt", "client.cert", "client.key", "readme")) {
      Files.writeString(own.resolve(name), "x");
    }

    TlsSettings tls = hosts("reg.example").getFirst().origin().settings();

    assertThat(tls.authorities()).containsExactly(own.resolve("ca.crt"));
    assertThat(tls.identities())
        .containsExactly(
            new TlsSettings.Identity(own.resolve("client.cert"), own.resolve("client.key")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "server = ",
        "capabilities = ['fly']",
        "capabilities = 3",
        "ca = [1]",
        "ca = 7",
        "client = [['a', 'b', 'c']]",
        "server = 'https://'",
        "server = 'ftp//x y'",
        "[host.'https://x?y=z']",
        "[header]\nx = 5",
      })
  void file_that_makes_no_sense_is_an_error(String toml) throws IOException {
    write("reg.example", toml);

    assertThatThrownBy(() -> hosts("reg.example"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("hosts.toml");
  }
}
