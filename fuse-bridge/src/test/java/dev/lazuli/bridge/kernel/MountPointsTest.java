package dev.lazuli.bridge.kernel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountPointsTest {
  private static final String ROOT = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda rw\n";

  @TempDir Path directory;

  private MountPoints table(String... lines) throws IOException {
    var text = ROOT + String.join("\n", lines) + "\n";
    return MountPoints.read(Files.write(directory.resolve("m"), text.getBytes(ISO_8859_1)));
  }

  @Test
  void mount_isFoundByPointAndType() throws IOException {
    var table = table("30 22 0:5 / /run/lazuli/fs/blobs ro,nosuid - fuse.lazuli lazuli ro");

    assertThat(table.contains(Path.of("/run/lazuli/fs/blobs"), "fuse.lazuli")).isTrue();
    assertThat(table.contains(Path.of("/run/lazuli/fs/blobs"), "erofs")).isFalse();
    assertThat(table.contains(Path.of("/run/lazuli/fs"), "fuse.lazuli")).isFalse();
  }

  @Test
  void below_meansWholeNames_andNotTheDirectoryItself() throws IOException {
    var table = table("30 22 0:5 / /run/lazuli/fs ro shared:1 master:2 - erofs none ro");

    assertThat(table.anyBelow(Path.of("/run/lazuli"))).isTrue();
    assertThat(table.anyBelow(Path.of("/"))).isTrue();
    assertThat(table.anyBelow(Path.of("/run/laz"))).isFalse();
    assertThat(table.anyBelow(Path.of("/run/lazuli/fs"))).isFalse();
  }

  @Test
  void oddNamesOfOthers_harmNothing() throws IOException {
    var table =
        table(
            "30 22 0:5 / /mnt/Gesch\u00e4ft rw - tmpfs none rw",
            "31 22 0:6 / /mnt/cut\u00c3 rw - tmpfs none rw",
            "32 22 0:7 / /mnt/back\\134slash rw - tmpfs none rw",
            "33 22 0:8 / /mnt/carriage\rreturn rw - tmpfs none rw",
            "34 22 0:9 / /mnt/\\1z rw - tmpfs none rw",
            "35 22 0:10 / /ours rw - erofs none rw");

    assertThat(table.contains(Path.of("/ours"), "erofs")).isTrue();
    assertThat(table.contains(Path.of("/mnt/back\\slash"), "tmpfs")).isTrue();
  }

  @Test
  void ourOwnName_isFoundWithBlanksAndInUtf8() throws IOException {
    var table = table("30 22 0:5 / /a\\040b/G\u00c3\u00b6 rw - erofs none rw");

    assertThat(table.contains(Path.of("/a b/G\u00f6"), "erofs")).isTrue();
    assertThat(table.anyBelow(Path.of("/a b"))).isTrue();
  }

  @Test
  void unknownFormat_isSaid() {
    assertThatThrownBy(() -> table("30 22 0:5 / /a rw"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("30 22 0:5");
  }
}
