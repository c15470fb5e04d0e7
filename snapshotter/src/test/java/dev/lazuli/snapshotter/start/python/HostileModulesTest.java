package dev.lazuli.snapshotter.start.python;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Modules of a MiB, made to cost what they can; the fuzz targets assert what they may. */
final class HostileModulesTest {
  private static final int BYTES = 1 << 20;
  private static final short PYTHON_3_12 = 3531;
  private final PythonFuzzTest target = new PythonFuzzTest();

  static Stream<byte[]> sources() {
    return Stream.of(
            "import |a,",
            "import x|;",
            "from |.",
            "from a import |(",
            "import_module(| ",
            "|import_module('",
            "|import \\\n",
            "'''|import a\n",
            "def f():|\n import a",
            "|import a\n")
        .map(text -> text.split("\\|", -1))
        .map(parts -> parts[0] + parts[1].repeat((BYTES - 20) / parts[1].length()))
        .map(text -> text.getBytes(ISO_8859_1));
  }

  @ParameterizedTest
  @MethodSource("sources")
  void source_costsLittle_whateverItHolds(byte[] file) throws IOException {
    target.python_source(file);
  }

  private static ByteBuffer begin(byte[] file) {
    return ByteBuffer.wrap(file)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort(PYTHON_3_12)
        .position(PythonBytecode.HEADER_BYTES);
  }

  /** A list that claims as many values as there can be, of one kind each. */
  private static byte[] listOf(String value) {
    var all = new byte[BYTES];
    var file = begin(all).put((byte) '(').putInt(BYTES / value.length() - 100);
    while (file.remaining() >= value.length()) {
      file.put(value.getBytes(ISO_8859_1));
    }
    return all;
  }

  /** Instructions that each name the same long name. */
  private static byte[] longNames() {
    int instructions = BYTES - 1000;
    var all = new byte[BYTES];
    var file = begin(all).put((byte) 'c').position(PythonBytecode.HEADER_BYTES + 21);
    file.put((byte) 's').putInt(instructions);
    for (int i = 0; i < instructions; i += 2) {
      file.put((byte) 90).put((byte) 1);
    }
    file.put(")\0)\2".getBytes(ISO_8859_1));
    for (int i = 0; i < 2; i++) {
      file.put((byte) 'z').put((byte) 255).put("n".repeat(255).getBytes(ISO_8859_1));
    }
    file.put("NNNNN\0\0\0\0NN".getBytes(ISO_8859_1));
    return all;
  }

  static Stream<byte[]> byteCode() {
    return Stream.of(
        listOf("N"),
        listOf("z\0"),
        listOf(")\0"),
        listOf("\u00a9\0"),
        listOf(")\1".repeat(90) + "N"),
        listOf("i1234"),
        longNames());
  }

  @ParameterizedTest
  @MethodSource("byteCode")
  void byteCode_costsLittle_whateverItHolds(byte[] file) throws IOException {
    target.python_bytecode(file);
  }
}
