package dev.lazuli.snapshotter.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps {@code docs/configuration.md} true. */
final class ConfigurationDocumentTest {
  private static final Path DOCUMENT = Path.of("../docs/configuration.md");

  @Test
  void document_holdsTheTablesOfAllKeys() throws IOException {
    assertThat(Files.readString(DOCUMENT)).endsWith(tables());
  }

  private static String tables() {
    var text = new StringBuilder();
    var table = "none";
    for (var setting : Settings.all()) {
      if (!setting.table().equals(table)) {
        table = setting.table();
        text.append(table.isEmpty() ? "\n## Top of the file\n" : "\n## [" + table + "]\n");
        text.append("\n| Key | Default | Values | What it does |\n| --- | --- | --- | --- |\n");
      }
      text.append(row(setting));
    }
    return text.toString();
  }

  private static String row(Setting<?> setting) {
    return Stream.of(
            '`' + setting.name() + '`',
            '`' + setting.presetToml() + '`',
            setting.kind().expects(),
            setting.text())
        .collect(Collectors.joining(" | ", "| ", " |\n"));
  }
}
