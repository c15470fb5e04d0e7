package dev.lazuli.registry.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.ImageReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DockerConfigTest {
  private static final ImageReference IMAGE = ImageReference.parse("reg.example/team/app:1");

  @TempDir Path folder;
  private DockerConfig config;

  @BeforeEach
  void setUp() {
    config =
        new DockerConfig(folder.resolve("config.json"), Map.of("PATH", folder + ":/usr/bin:/bin"));
  }

  private void write(String json) throws IOException {
    Files.writeString(folder.resolve("config.json"), json.replace('\'', '"'));
  }

  private void helper(String name, String script) throws IOException {
    Path file = folder.resolve("docker-credential-" + name);
    Files.writeString(file, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void file_that_changes_counts_at_once() throws IOException {
    assertThat(config.find("reg.example", IMAGE)).isEmpty();
    for (String name : new String[] {"before", "after"}) {
      write("{'auths':{'reg.example':{'username':'" + name + "','password':'p'}}}");
      assertThat(config.find("reg.example", IMAGE)).contains(Credentials.password(name, "p"));
    }
  }

  @Test
  void faults_of_all_entries_are_found_with_the_file_and_without_secrets() throws IOException {
    helper("good", "exit 7");
    write(
        "{'credHelpers':{'a.example':'good','b.example':'gone'},'credsStore':'away','auths':"
            + "{'c.example':{'auth':'s3cr*t'},'d.example':{'auth':'dXNlcjpwYXNz'}}}");

    String file = folder.resolve("config.json").toString();
    assertThat(config.faults())
        .containsExactly(
            file + ", b.example: docker-credential-gone is not on the PATH",
            file + ", c.example: auth entry is not base64",
            file + ", credsStore: docker-credential-away is not on the PATH");
    assertThatThrownBy(() -> config.find("c.example", IMAGE))
        .hasMessage(file + ": auth entry is not base64");
  }

  @ParameterizedTest
  @CsvSource({
    "A, b, true, '/h/.docker/config.json, /run/containers/0/auth.json,"
        + " /run/user/0/containers/auth.json'",
    "A, b, false, /h/.docker/config.json",
    "REGISTRY_AUTH_FILE, /p.json, true, '/h/.docker/config.json, /p.json'",
    "XDG_RUNTIME_DIR, /run/user/7, true, '/h/.docker/config.json,"
        + " /run/user/7/containers/auth.json'",
  })
  void podmans_file_is_looked_for_where_the_user_has_it(
      String name, String value, boolean root, String places) {
    assertThat(DockerConfig.of(Map.of("HOME", "/h", name, value), root).places()).isEqualTo(places);
  }

  @Test
  void missing_file_knows_nothing() throws IOException {
    assertThat(config.find("reg.example", IMAGE)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "docker.io, https://index.docker.io/v1/",
    "registry-1.docker.io, https://index.docker.io/v1/",
    "registry-1.docker.io, docker.io",
    "reg.example, reg.example",
    "reg.example, https://reg.example",
    "reg.example, https://reg.example/v2/",
    "reg.example, reg.example/team",
    "reg.example, reg.example/team/app",
    "reg.example:5000, reg.example:5000",
  })
  void entry_found_by_its_name(String host, String key) throws IOException {
    write("{'auths':{'other':{'auth':'eDp5'},'" + key + "':{'auth':'dXNlcjpwYTpzcw=='}}}");

    assertThat(config.find(host, IMAGE)).contains(Credentials.password("user", "pa:ss"));
  }

  @ParameterizedTest
  @CsvSource({
    "reg.example, reg.example:5000",
    "reg.example:5000, reg.example",
    "reg.example, evil-reg.example",
    "reg.example, reg.example.evil",
    "reg.example, reg.example/team/ap",
  })
  void entry_of_another_server_is_not_used(String host, String key) throws IOException {
    write("{'auths':{'" + key + "':{'auth':'dXNlcjpwYTpzcw=='}}}");

    assertThat(config.find(host, IMAGE)).isEmpty();
  }

  @Test
  void longest_name_wins() throws IOException {
    write(
        "{'auths':{'reg.example':{'auth':'YTpi'},'reg.example/team/app':{'auth':'Yzpk'},"
            + "'reg.example/team':{'auth':'ZTpm'}}}");

    assertThat(config.find("reg.example", IMAGE)).contains(Credentials.password("c", "d"));
  }

  @Test
  void identity_and_registry_tokens_are_told_apart() throws IOException {
    write("{'auths':{'a.b':{'auth':'YTpi','identitytoken':'id'},'c.d':{'registrytoken':'r'}}}");

    assertThat(config.find("a.b", IMAGE)).contains(Credentials.identityToken("id"));
    assertThat(config.find("c.d", IMAGE))
        .contains(new Credentials("", "r", Credentials.Kind.REGISTRY_TOKEN));
  }

  @Test
  void helper_of_a_server_before_its_entry_before_the_common_helper() throws IOException {
    helper("own", "read s; echo '{\"Username\":\"own\",\"Secret\":\"'$s'\"}'");
    helper("all", "read s; echo '{\"Username\":\"<token>\",\"Secret\":\"'$s'\"}'");
    write(
        "{'auths':{'reg.example':{'auth':'YTpi'},'two.example':{'auth':'YTpi'}},"
            + "'credHelpers':{'reg.example':'own'},'credsStore':'all'}");

    assertThat(config.find("reg.example", IMAGE))
        .contains(Credentials.password("own", "reg.example"));
    assertThat(config.find("two.example", IMAGE)).contains(Credentials.password("a", "b"));
    assertThat(config.find("three.example", IMAGE))
        .contains(Credentials.identityToken("three.example"));
    assertThat(config.find("docker.io", IMAGE))
        .contains(Credentials.identityToken("https://index.docker.io/v1/"));
  }

  @Test
  void failing_helper_does_not_hide_an_entry() throws IOException {
    helper("bad", "echo broken; exit 3");
    write("{'auths':{'a.b':{'auth':'YTpi'}},'credHelpers':{'a.b':'bad','c.d':'bad','e.f':'no'}}");

    assertThat(config.find("a.b", IMAGE)).contains(Credentials.password("a", "b"));
    assertThatThrownBy(() -> config.find("c.d", IMAGE))
        .hasMessageEndingWith("config.json: docker-credential-bad failed for c.d: exit status 3");
    assertThatThrownBy(() -> config.find("e.f", IMAGE)).hasMessageContaining("not on the PATH");
  }

  @Test
  void helper_that_does_not_know_the_server_is_no_failure() throws IOException {
    helper("none", "echo 'credentials not found in native keychain'; exit 1");
    write("{'credsStore':'none'}");

    assertThat(config.find("a.b", IMAGE)).isEmpty();
  }

  @Test
  void helper_s_name_never_leaves_the_path() throws IOException {
    write("{'credsStore':'../../bin/sh'}");

    assertThatThrownBy(() -> config.find("a.b", IMAGE)).hasMessageContaining("name");
  }

  @Test
  void broken_file_is_an_error_without_its_content_and_passed_over_in_a_chain() throws IOException {
    write("{'auths':{'a.b':{'auth':'c2VjcmV0'}");
    var chain =
        new CredentialChain(
            java.util.List.of(
                config, (host, reference) -> Optional.of(Credentials.password("x", "y"))));

    assertThatThrownBy(() -> config.find("a.b", IMAGE))
        .hasMessageContaining(" is not JSON")
        .hasMessageNotContaining("c2VjcmV0");
    assertThat(chain.find("a.b", IMAGE)).contains(Credentials.password("x", "y"));
  }
}
