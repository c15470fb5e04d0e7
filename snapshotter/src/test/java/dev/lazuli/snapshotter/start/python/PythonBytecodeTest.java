package dev.lazuli.snapshotter.start.python;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Byte code as the releases' own compilers wrote it, of a module with imports of every kind. */
final class PythonBytecodeTest {
  private static byte[] compiled(String release) throws IOException {
    try (var file = PythonBytecodeTest.class.getResourceAsStream("imports-" + release + ".pyc")) {
      return requireNonNull(file).readAllBytes();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"3.8", "3.9", "3.10", "3.11", "3.12", "3.13"})
  void imports_ofAModule_areThoseThatRunWhenItIsLoaded(String release) throws IOException {
    var imports = PythonBytecode.imports(compiled(release), 1000);

    assertThat(imports.subList(0, 7))
        .containsExactly(
            new ImportedName("__future__", 0, List.of("annotations")),
            ImportedName.of("os"),
            ImportedName.of("a.b"),
            new ImportedName("typing", 0, List.of("TYPE_CHECKING")),
            new ImportedName("", 1, List.of("near", "far")),
            new ImportedName("up.side", 2, List.of("*")),
            new ImportedName("fast", 0, List.of("speed")));
    assertThat(imports.subList(7, imports.size() - 1))
        .hasSize(300)
        .startsWith(ImportedName.of("m0"))
        .endsWith(ImportedName.of("m299"));
    assertThat(imports).endsWith(ImportedName.of("last"));
  }

  @Test
  void imports_areNoMoreThanAskedFor() throws IOException {
    assertThat(PythonBytecode.imports(compiled("3.11"), 5)).hasSize(5);
  }

  @Test
  void damagedByteCode_hasNoImports_andIsNoError() throws IOException {
    byte[] good = compiled("3.12");
    var random = new Random(1);
    for (int i = 0; i < 2000; i++) {
      byte[] bad = Arrays.copyOf(good, random.nextInt(good.length + 1));
      for (int j = 0; j < 3 && bad.length > 4; j++) {
        bad[4 + random.nextInt(bad.length - 4)] = (byte) random.nextInt();
      }

      assertThat(PythonBytecode.imports(bad, 400).size()).isLessThanOrEqualTo(400);
    }
  }

  @Test
  void byteCodeOfAnotherRelease_hasNoImports() throws IOException {
    byte[] other = compiled("3.11");
    other[0] = 0;
    other[1] = 0;

    assertThat(PythonBytecode.imports(other, 100)).isEmpty();
  }

  @Test
  void byteCode_isFresh_ifTimeAndSizeOfItsSourceAgree_orIfItHasAHash() throws IOException {
    byte[] dated = new byte[PythonBytecode.HEADER_BYTES];
    dated[8] = 100;
    dated[12] = 42;

    assertThat(PythonBytecode.isFresh(dated, 100, 42)).isTrue();
    assertThat(PythonBytecode.isFresh(dated, 101, 42)).isFalse();
    assertThat(PythonBytecode.isFresh(dated, 100, 41)).isFalse();
    assertThat(PythonBytecode.isFresh(compiled("3.11"), 1, 1)).isTrue();
    assertThat(PythonBytecode.isFresh(new byte[3], 0, 0)).isFalse();
  }
}
