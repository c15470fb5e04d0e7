package dev.lazuli.snapshotter.start.python;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.testimages.Costs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Modules of strangers: some names of imports, and little work. */
final class PythonFuzzTest {
  private static final int MOST = 1024;

  @FuzzTest(maxDuration = "30s")
  void python_bytecode(byte[] file) throws IOException {
    Costs.assertCheap(() -> check(PythonBytecode.imports(file, MOST)));
    assertThat(PythonBytecode.isFresh(file, 0, file.length)).isIn(true, false);
  }

  @FuzzTest(maxDuration = "30s")
  void python_source(byte[] file) throws IOException {
    var text = new String(file, UTF_8);
    for (boolean insideFunctions : new boolean[] {false, true}) {
      var imports = new ArrayList<ImportedName>();
      // Checked apart from this: checks of a thousand names cost more than the names.
      Costs.assertCheap(
          () -> {
            imports.clear();
            imports.addAll(PythonSource.imports(text, MOST, insideFunctions));
          });
      check(imports);
    }
  }

  private static void check(List<ImportedName> imports) {
    assertThat(imports).hasSizeLessThanOrEqualTo(MOST);
    for (ImportedName name : imports) {
      assertThat(name.level()).isNotNegative();
      assertThat(name.level() > 0 || !name.module().isEmpty()).isTrue();
      assertThat(name.module()).hasSizeLessThan(256);
      assertThat(name.names()).hasSizeLessThanOrEqualTo(MOST);
    }
  }
}
