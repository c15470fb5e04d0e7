package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.snapshotter.config.Configuration;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NodePlacesTest {
  @TempDir Path directory;

  private Configuration config(String key, String value) throws Exception {
    var settings = new HashMap<>(Map.of(key, value));
    settings.putIfAbsent("root", directory.resolve("root").toString());
    settings.putIfAbsent("state", directory.resolve("run").toString());
    settings.putIfAbsent("address", directory.resolve("s").toString());
    return Configuration.load(Configuration.DEFAULT_FILE, settings);
  }

  private void requireRefusal(Configuration config, String... words) {
    assertThatThrownBy(() -> NodePlaces.check(config))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll(words);
  }

  @Test
  void goodPlaces_areMade() throws Exception {
    NodePlaces.check(config("log.level", "info"));

    assertThat(directory.resolve("root")).isDirectory();
    assertThat(directory.resolve("run")).isDirectory();
  }

  @Test
  void socketInAMissingDirectory_isRefused() throws Exception {
    var missing = directory.resolve("typing-eror/s");

    requireRefusal(config("address", missing.toString()), missing.toString(), "does not exist");
    assertThat(missing.getParent()).doesNotExist();
  }

  @Test
  void pathTooLongForASocket_isRefusedByItsLength() throws Exception {
    // Tests run in directories of about 30 bytes.
    int most = 102;
    var fits = directory + "/" + "x".repeat(most - directory.toString().length() - 1);

    assertThatCode(() -> NodePlaces.check(config("address", fits))).doesNotThrowAnyException();
    requireRefusal(config("address", fits + "x"), "too long", "103 bytes, at most 102");
  }

  @Test
  void stateDirectoryTooLongForItsSocket_isRefused() throws Exception {
    requireRefusal(
        config("state", directory + "/" + "x".repeat(100)),
        "too long",
        "status.sock",
        "at most 107");
  }

  @Test
  void rootOfAnotherDaemon_isRefused() throws Exception {
    var root = Files.createDirectory(directory.resolve("root"));
    try (var file =
            FileChannel.open(
                root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var _ = file.lock()) {
      requireRefusal(config("root", root.toString()), "another daemon uses this root");
    }
    NodePlaces.check(config("root", root.toString()));
  }
}
