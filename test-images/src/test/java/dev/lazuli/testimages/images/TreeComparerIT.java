package dev.lazuli.testimages.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TreeComparerIT {
  private static final String MAKE =
      """
      mkdir dir; echo text > dir/file; ln dir/file dir/link; echo other > alone; touch again
      ln -s target symlink; mkfifo fifo; mknod null c 1 3; mknod disk b 8 1
      touch "$(printf 'raw\\377\\nname\\\\')"; setfattr -n user.a -v 1 "$(printf 'raw\\377\\nname\\\\')"
      setfattr -n trusted.overlay.opaque -v y dir
      truncate -s 65M large; printf x | dd of=large bs=1 seek=60M conv=notrunc status=none
      find . -exec touch -h -d '1960-01-01 00:00:00.123456789 UTC' {} +
      """;

  @TempDir Path temporary;
  private Path expected;
  private Path actual;

  @BeforeEach
  void makeTrees() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "device nodes need root");
    expected = Files.createDirectory(temporary.resolve("expected"));
    actual = Files.createDirectory(temporary.resolve("actual"));
    run(expected, MAKE);
    run(actual, MAKE);
  }

  @Test
  void sameTrees_haveNoDifferences() throws Exception {
    assertThat(TreeComparer.compare(expected, actual)).isEmpty();
    assertThat(TreeComparer.of(expected).size()).isEqualTo(12);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '@',
      textBlock =
          """
          chmod 4755 alone                        @ ./alone: mode
          chown -h 7 symlink                      @ ./symlink: uid
          chgrp 7 fifo                            @ ./fifo: gid
          touch -d 1970-01-01T00:00:00.000000001Z alone             @ ./alone: mtime
          ln alone more                           @ ./more: only in
          ln -f dir/file again                    @ ./dir/file: same file as
          rm -r dir/link                          @ ./dir/file: links
          ln -sfn tarzet symlink                  @ ./symlink: target
          rm null; mknod null c 1 5               @ ./null: rdev
          rm disk; mknod disk c 8 1               @ ./disk: mode
          setfattr -n user.a -v 2 raw*            @ name\\: xattr user.a
          setfattr -x trusted.overlay.opaque dir  @ ./dir: xattr trusted.overlay.opaque
          setfattr -n user.b dir/file             @ ./dir/file: xattr user.b
          printf T | dd of=dir/file conv=notrunc status=none            @ ./dir/file: content
          printf y | dd of=large bs=1 seek=60M conv=notrunc status=none @ ./large: content
          """)
  void eachChange_isFound(String change, String found) throws Exception {
    run(actual, change);

    List<String> differences = TreeComparer.compare(expected, actual);

    assertThat(differences).anySatisfy(line -> assertThat(line).contains(found));
  }

  private static void run(Path directory, String script) throws Exception {
    var shell =
        new ProcessBuilder("bash", "-euc", script).directory(directory.toFile()).inheritIO();
    assertThat(shell.start().waitFor()).isZero();
  }
}
