package dev.lazuli.snapshotter.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigurationTest {
  @TempDir Path directory;

  private Configuration load(String text, Map<String, String> overrides) throws IOException {
    var file = Files.writeString(directory.resolve("config.toml"), text);
    return Configuration.load(file, overrides);
  }

  private Configuration load(String text) throws IOException {
    return load(text, Map.of());
  }

  @Test
  void emptyFile_givesTheDefaults() throws IOException {
    assertThat(load("")).isEqualTo(Configuration.defaults());
  }

  @Test
  void defaultFile_setsNothing_andReadsAsTheDefaultsWithItsKeys() throws IOException {
    var text = Configuration.defaultFile();
    var keys = text.replaceAll("(?m)^#(?=[a-z_]+ = )", "");

    assertThat(text.lines()).allMatch(line -> line.isEmpty() || "#[".indexOf(line.charAt(0)) >= 0);
    assertThat(keys.lines().filter(line -> line.matches("[a-z_]+ = .*"))).hasSizeGreaterThan(40);
    assertThat(load(text)).isEqualTo(Configuration.defaults());
    assertThat(load(keys)).isEqualTo(Configuration.defaults());
  }

  @Test
  void missingFile_isAnErrorUnlessItIsTheDefaultOne() throws IOException {
    assertThat(Configuration.load(Configuration.DEFAULT_FILE, Map.of()).root()).isAbsolute();
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> Configuration.load(directory.resolve("none.toml"), Map.of()))
        .withMessageEndingWith("none.toml: no such file");
  }

  @Test
  void values_ofEveryKind_areRead() throws IOException {
    var configuration =
        load(
            """
            root = "/data/lazuli"
            state = "/run/l2"

            [log]
            level = "debug"

            [registry]
            plain_http = ["127.0.0.1:5000", "registry.test"]
            idle_timeout = "1500ms"
            hosts_dir = ""

            [registry.mirrors]
            "docker.io" = ["https://mirror.test/hub", "http://10.0.0.1:5000"]

            [fetch]
            streams = 3
            background = false
            background_bandwidth = "10MB"

            [mount]
            way = "erofs-loop"
            """);

    assertThat(configuration.root()).isEqualTo(Path.of("/data/lazuli"));
    assertThat(configuration.address()).isEqualTo(Path.of("/run/l2/lazuli.sock"));
    assertThat(configuration.log().level()).isEqualTo(LogLevel.DEBUG);
    assertThat(configuration.registry().plainHttp())
        .containsExactly("127.0.0.1:5000", "registry.test");
    assertThat(configuration.registry().idleTimeout()).isEqualTo(Duration.ofMillis(1500));
    assertThat(configuration.registry().hostsDirectory()).isEmpty();
    assertThat(configuration.registry().mirrors())
        .isEqualTo(Map.of("docker.io", List.of("https://mirror.test/hub", "http://10.0.0.1:5000")));
    assertThat(configuration.fetch().streams()).isEqualTo(3);
    assertThat(configuration.fetch().background()).isFalse();
    assertThat(configuration.fetch().backgroundBytesPerSecond()).isEqualTo(10_000_000);
    assertThat(configuration.mount().way()).isEqualTo(MountWay.EROFS_LOOP);
  }

  @Test
  void overrides_winOverTheFile() throws IOException {
    var configuration =
        load(
            "[fetch]\nstreams = 3",
            Map.of("fetch.streams", "4", "registry.plain_http", "a,b:5000"));

    assertThat(configuration.fetch().streams()).isEqualTo(4);
    assertThat(configuration.registry().plainHttp()).containsExactly("a", "b:5000");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a,b:5000 | a,b:5000",
        "['a', \"b:5000\"] | a,b:5000",
        "[ \"a\" ] | a",
        "[::1]:5000 | [::1]:5000",
        "[] | ``",
      })
  void listOfTheCommandLine_isGivenWithCommasOrAsTheFileHasIt(String given, String expected)
      throws IOException {
    var hosts = load("", Map.of("registry.plain_http", given)).registry().plainHttp();

    assertThat(String.join(",", hosts)).isEqualTo(expected);
  }

  @Test
  void brokenListOfTheCommandLine_isRefused() {
    assertThatThrownBy(() -> load("", Map.of("registry.plain_http", "[\"a\", 1]")))
        .hasMessageContaining("expected a list of hosts");
    assertThatThrownBy(() -> load("", Map.of("registry.plain_http", "[\"a\"")))
        .hasMessageContaining("expected a list of hosts");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rooot = '/x' | :1: unknown key rooot, did you mean root?",
        "[fetch]\\n\\nstreems = 1 | :3: unknown key fetch.streems, did you mean fetch.streams?",
        "streams = 1 | :1: unknown key streams, did you mean fetch.streams?",
        "[fitch]\\nstreams = 1 | :1: unknown key fitch",
        "fetch = 1 | :1: unknown key fetch",
        "[fetch]\\nstreams = 0 | :2: fetch.streams is 0, expected a number from 2 to 256",
        "[fetch]\\n"
            + "streams = 99999999999999999999 | :2: fetch.streams is 99999999999999999999, expected"
            + " a number",
        "[fetch]\\nstreams = '8' | :2: fetch.streams is \"8\", expected a number from 2 to 256",
        "fetch.streams = 1.5 | fetch.streams is 1.5, expected a number from 2 to 256",
        "[fetch]\\nunit = 1000 | :2: fetch.unit is 1000, expected a size from 4KiB to 64MiB",
        "[fetch]\\nunit = 0 | :2: fetch.unit is 0, expected a size from 4KiB to 64MiB",
        "[fetch]\\nunit = '9999999999TiB' | expected a size",
        "[fetch]\\nread_deadline = '2 weeks' | expected a duration from 1s to 1h such as \"30s\"",
        "[mount]\\n"
            + "way = 'nfs' | :2: mount.way is \"nfs\", expected one of \"auto\", \"erofs-lazy\"",
        "root = 'var/lib' | :1: root is \"var/lib\", expected an absolute path",
        "[registry]\\nplain_http = 'x' | expected a list of hosts",
        "[metrics]\\n"
            + "address = '9090' | :2: metrics.address is \"9090\", expected host:port, or \"\"",
        "[registry.mirrors]\\n"
            + "'docker.io' = 'https://m' | :1: registry.mirrors: \"docker.io\" must be a list, such"
            + " as [\"https://m\"]",
        "[registry]\\npull_secrets = '10.0.0.1:989' | :2: registry.pull_secrets is",
        "[log]\\nlevel = \\n | config.toml:2: ",
        "a = 1\\na = 2 | config.toml:2: ",
      })
  void mistake_isNamedWithItsPlace(String text, String message) {
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> load(text.replace("\\n", "\n")))
        .withMessageContaining(directory.resolve("config.toml") + ":")
        .withMessageContaining(message);
  }

  @Test
  void wrongOverride_isNamed() {
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> load("", Map.of("fetch.streams", "many")))
        .withMessage("fetch.streams is many, expected a number from 2 to 256");
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> load("", Map.of("fetch.stream", "1")))
        .withMessage("unknown key fetch.stream, did you mean fetch.streams?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u0000",
        "[",
        "a.b.c = {",
        "\"\" = 1",
        "[[fetch]]\nstreams = 1",
        "x = 1979-05-27"
      })
  void malformedFile_isAConfigurationError(String text) {
    assertThatExceptionOfType(ConfigurationException.class).isThrownBy(() -> load(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"[", "{b=", "{b.c=[", "b.", "9"})
  void excess_isAConfigurationErrorOfOrdinaryLength(String repeated) {
    for (int bytes : new int[] {60 << 10, 1 << 20}) {
      assertThatExceptionOfType(ConfigurationException.class)
          .isThrownBy(() -> load("a = " + repeated.repeat(bytes / repeated.length())))
          .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(400));
      assertThatExceptionOfType(ConfigurationException.class)
          .isThrownBy(
              () ->
                  load("[fetch]\nstreams." + repeated.repeat(bytes / repeated.length()) + "c = 1"))
          .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(400));
    }
  }
}
