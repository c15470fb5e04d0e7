package dev.lazuli.snapshotter;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The documents say which tests check a claim: those tests exist. */
final class DocumentedTestsTest {
  private static final Path TOP = Path.of("..");
  private static final Pattern NAME = Pattern.compile("`([A-Z][A-Za-z0-9]*(?:Test|IT))`");

  @Test
  void testsThatDocumentsName_exist() throws IOException {
    var named = new TreeSet<String>();
    for (var folder : List.of(TOP, TOP.resolve("docs"), TOP.resolve("docs/adr"))) {
      try (var documents = Files.newDirectoryStream(folder, "*.md")) {
        for (var document : documents) {
          NAME.matcher(Files.readString(document))
              .results()
              .forEach(name -> named.add(name.group(1)));
        }
      }
    }
    assertThat(named).isNotEmpty();

    try (var modules = Files.newDirectoryStream(TOP)) {
      for (var module : modules) {
        forgetTestsOf(module.resolve("src/test/java"), named);
      }
    }

    assertThat(named).isEmpty();
  }

  private static void forgetTestsOf(Path sources, Set<String> named) throws IOException {
    if (Files.isDirectory(sources)) {
      try (var files = Files.walk(sources)) {
        files.forEach(file -> named.remove(file.getFileName().toString().replace(".java", "")));
      }
    }
  }
}
