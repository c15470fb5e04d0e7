package dev.lazuli.demo.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MaterializeIT {
  @TempDir Path directory;

  @BeforeEach
  void needRoot() {
    assumeTrue("root".equals(System.getProperty("user.name")), "making devices needs root");
  }

  @Test
  void everyKind_isThereWithItsAttributes() throws Exception {
    SampleTrees.everyKind().socket("run.sock").mode(0640).owner(7, 8).materialize(directory);

    assertThat(stat("bin")).isEqualTo("directory 700 1000:3000000 2019-03-04 05:06:07.123456789");
    assertThat(stat("bin/su")).startsWith("regular file 4755 0:0");
    assertThat(stat("bin/big")).endsWith("1969-12-31 23:59:58.500000000");
    assertThat(stat("null")).startsWith("character special file 600");
    assertThat(stat("disk")).startsWith("block special file 600");
    assertThat(stat("pipe")).startsWith("fifo 600");
    assertThat(stat("run.sock")).startsWith("socket 640 7:8 2024-01-01 00:00:00.0000");
    assertThat(stat(".")).endsWith("2024-01-01 00:00:00.000000000");
    assertThat(Files.isSameFile(directory.resolve("bin/big"), directory.resolve("bin/twin")))
        .isTrue();
    assertThat(Files.readSymbolicLink(directory.resolve("link"))).hasToString("bin/su");
    assertThat(xattr("bin/su", "security.capability")).startsWith("0x0100000200200000");
    assertThat(xattr("bin/su", "user.binary")).isEqualTo("0x00010a3dff");
    assertThat(Command.of("ls", "-b").in(directory).withEnvironment("LC_ALL", "C").check().output())
        .contains("not-utf8-\\377\\200\n");
  }

  @Test
  void whiteouts_areAsOverlayfsWantsThem() throws Exception {
    new ImageTree().directory("o").opaque("o").opaque("p").whiteout("gone").materialize(directory);

    assertThat(stat("gone")).startsWith("character special file 0");
    assertThat((Long) Files.getAttribute(directory.resolve("gone"), "unix:rdev")).isZero();
    assertThat(xattr("o", "trusted.overlay.opaque")).isEqualTo("0x79");
    assertThat(xattr("p", "trusted.overlay.opaque")).isEqualTo("0x79");
  }

  private String stat(String path) throws IOException {
    assertThat(Files.exists(directory.resolve(path), LinkOption.NOFOLLOW_LINKS)).isTrue();
    return Command.of("stat", "-c", "%F %a %u:%g %y", path)
        .in(directory)
        .withEnvironment("LC_ALL", "C")
        .withEnvironment("TZ", "UTC")
        .check()
        .output()
        .strip()
        .replace(" +0000", "");
  }

  private String xattr(String path, String name) throws IOException {
    var output =
        Command.of("getfattr", "-e", "hex", "-n", name, path).in(directory).check().output();
    return output
        .lines()
        .filter(line -> line.startsWith(name))
        .findFirst()
        .orElse("")
        .substring(name.length() + 1);
  }
}
