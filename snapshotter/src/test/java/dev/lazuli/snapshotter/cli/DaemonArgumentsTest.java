package dev.lazuli.snapshotter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.config.ConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

final class DaemonArgumentsTest {
  private static final Map<String, String> EXAMPLES =
      Map.of(
          "--config", "/dev/null",
          "--root", "/r",
          "--state", "/s",
          "--address", "/a",
          "--log-level", "debug",
          "--log-format", "json",
          "--set", "fetch.streams=3");

  @Command
  private static final class Options {
    @Mixin private ConfigurationOptions configuration = new ConfigurationOptions();
  }

  private static Configuration byPicocli(String... words) throws ConfigurationException {
    var options = new Options();
    var line = new CommandLine(options).setCaseInsensitiveEnumValuesAllowed(true);
    line.parseArgs(words);
    return options.configuration.load();
  }

  private static Configuration read(String... words) throws ConfigurationException {
    var args = new String[words.length + 1];
    args[0] = "daemon";
    System.arraycopy(words, 0, args, 1, words.length);
    return DaemonArguments.read(args).orElseThrow().load();
  }

  @Test
  void everyOption_isUnderstoodAsByPicocli() throws Exception {
    for (var option : new CommandLine(new Options()).getCommandSpec().options()) {
      var value = EXAMPLES.getOrDefault(option.longestName(), "");

      assertThat(value).as(option.longestName()).isNotEmpty();
      assertThat(read(option.longestName() + '=' + value))
          .isEqualTo(read(option.longestName(), value))
          .isEqualTo(byPicocli(option.longestName(), value));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--log-level=DEBUG --log-format Json",
        "--root relative --state=./also",
        "--set registry.plain_http=a=b --set fetch.streams=2 --set fetch.streams=5",
        "--root=/r --address=/x --set state=/elsewhere"
      })
  void plainWords_meanWhatTheyMeanToPicocli(String line) throws Exception {
    var words = line.split(" ", -1);

    assertThat(read(words)).isEqualTo(byPicocli(words));
  }

  @Test
  void configurationFile_isRead(@TempDir Path directory) throws Exception {
    var file = Files.writeString(directory.resolve("c.toml"), "[fetch]\nstreams = 7\n");

    assertThat(read("--config", file.toString()).fetch().streams()).isEqualTo(7);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "-v",
        "--version",
        "--no-such-option=1",
        "surplus",
        "--root",
        "--root=",
        "--root --state=/s",
        "--root=/a --root=/b",
        "--root @words",
        "@words",
        "--log-level=loud",
        "--log-format=xml",
        "--set=fetch.streams",
        "--set==3"
      })
  void whateverIsNotPlain_isLeftToPicocli(String line) {
    assertThat(DaemonArguments.read(("daemon " + line).split(" ", -1))).isEmpty();
  }

  @Test
  void noOptions_leaveTheDefaults() throws Exception {
    assertThat(read()).isEqualTo(byPicocli());
  }
}
