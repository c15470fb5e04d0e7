package dev.lazuli.bridge.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Each number that this package takes from C headers is what the compilers of both architectures
 * make of it, so that aarch64 is checked on a machine that has none. The table is made by {@code
 * abi.c}, beside it.
 */
final class AbiTest {
  /** The package's own sizes and limits, and indices of text. */
  private static final Set<String> OURS =
      Set.of(
          "CannotRunException.serialVersionUID",
          "DirectoryEntries.BUFFER_BYTES",
          "ErrnoException.serialVersionUID",
          "IdRange.MOST",
          "KilledException.serialVersionUID",
          "MountPoints.FIRST_TAG",
          "MountPoints.OCTAL_DIGITS",
          "MountPoints.POINT",
          "MountProgram.ADDRESS",
          "MountProgram.FLAGS",
          "MountProgram.PAGE",
          "NoRoom.LONGEST_TEXT",
          "OverlayMarks.OPAQUE_VALUE",
          "PageSize.BYTES",
          "RawPaths.MOST_XATTR_BYTES",
          "Spawn.OPAQUE_STRUCT_SIZE",
          "ThreadPriority.LEAST",
          "ThreadPriority.THIS_THREAD",
          "Umask.OTHERS",
          "UnixDatagram.MAX_PATH_BYTES",
          "UserNamespace.LIFE_SECONDS",
          "UserNamespace.STACK_ALIGNMENT",
          "UserNamespace.STACK_BYTES");

  private record Value(long amd64, long aarch64) {}

  private static Map<String, Value> table() throws IOException {
    var table = new TreeMap<String, Value>();
    try (var file = requireNonNull(AbiTest.class.getResourceAsStream("abi.txt"))) {
      for (String line : new String(file.readAllBytes(), UTF_8).lines().toList()) {
        String[] words = line.split(" ", -1);
        if (!line.startsWith("#")) {
          table.put(words[0], new Value(Long.parseLong(words[1]), Long.parseLong(words[2])));
        }
      }
    }
    return table;
  }

  /** Returns the package's constants, by {@code class.name}. */
  private static Map<String, Long> constants() throws Exception {
    var constants = new TreeMap<String, Long>();
    String place = Errno.class.getName().replace('.', '/') + ".class";
    var self = requireNonNull(Errno.class.getResource("/" + place)).toURI();
    try (var classes = Files.newDirectoryStream(requireNonNull(Path.of(self).getParent()))) {
      for (Path file : classes) {
        String name = file.getFileName().toString().replace(".class", "");
        if (!name.equals("package-info")) {
          addConstants(Class.forName(Errno.class.getPackageName() + "." + name), constants);
        }
      }
    }
    return constants;
  }

  private static void addConstants(Class<?> type, Map<String, Long> constants)
      throws IllegalAccessException {
    for (Field field : type.getDeclaredFields()) {
      int modifiers = field.getModifiers();
      boolean isConstant = Modifier.isStatic(modifiers) && Modifier.isFinal(modifiers);
      if (isConstant && field.getType().isPrimitive() && field.getType() != boolean.class) {
        field.setAccessible(true);
        constants.put(
            type.getSimpleName() + "." + field.getName(), ((Number) field.get(null)).longValue());
      }
    }
  }

  @Test
  void everyConstant_isTheHeadersOnBothArchitectures() throws Exception {
    Map<String, Value> table = table();
    var unknown = new TreeSet<String>();
    var wrong = new TreeSet<String>();

    constants()
        .forEach(
            (name, value) -> {
              Value expected = table.get(name.substring(name.indexOf('.') + 1));
              if (OURS.contains(name)) {
                return;
              }
              if (expected == null) {
                unknown.add(name);
              } else if (value != expected.amd64() || value != expected.aarch64()) {
                wrong.add(name + " = " + value + ", but " + expected);
              }
            });

    assertThat(wrong).isEmpty();
    assertThat(unknown).as("constants to add to abi.c and abi.txt, or to those of ours").isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "LOOP_CTL_GET_FREE, LOOP_CTL_GET_FREE",
    "LOOP_CONFIGURE, LOOP_CONFIGURE",
    "CONFIG_SIZE, LOOP_CONFIG_SIZE"
  })
  void numbersOfLoopDevices_areTheHeadersOnBothArchitectures(String ours, String theirs)
      throws Exception {
    var constants = new TreeMap<String, Long>();
    addConstants(Class.forName("dev.lazuli.bridge.erofs.LoopDevice"), constants);
    long value = requireNonNull(constants.get("LoopDevice." + ours));

    assertThat(requireNonNull(table().get(theirs))).isEqualTo(new Value(value, value));
  }

  @Test
  void systemCallThatDiffers_isChosenByTheArchitecture() throws IOException {
    var expected = requireNonNull(table().get("GETDENTS64"));

    assertThat(DirectoryEntries.numberOfGetdents64("amd64")).isEqualTo(expected.amd64());
    assertThat(DirectoryEntries.numberOfGetdents64("aarch64")).isEqualTo(expected.aarch64());
    assertThat(DirectoryEntries.numberOfGetdents64("s390x")).isNegative();
  }

  @ParameterizedTest
  @CsvSource({"SPAWN_ATTR", "SPAWN_ACTIONS"})
  void structsThatTheLibraryFills_haveRoomOnBothArchitectures(String name) throws Exception {
    var value = requireNonNull(table().get(name));
    long room = requireNonNull(constants().get("Spawn.OPAQUE_STRUCT_SIZE"));

    assertThat(room).isGreaterThanOrEqualTo(Math.max(value.amd64(), value.aarch64()));
  }
}
