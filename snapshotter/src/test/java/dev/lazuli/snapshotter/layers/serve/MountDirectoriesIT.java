package dev.lazuli.snapshotter.layers.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.bridge.kernel.Mounts;
import dev.lazuli.demo.containerd.MountTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MountDirectoriesIT {
  @TempDir Path parent;

  @Test
  void sweep_removesWhatNobodyUses_andNothingElse() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting needs root");
    var directories = new MountDirectories(parent);
    var used = mount("1.lazy");
    directories.take(used);
    mount("2.lazy");
    mount(".erofs-probe-3/mnt");
    Files.writeString(parent.resolve(".erofs-probe-3/data"), "of a probe");
    Files.createDirectory(parent.resolve("4.local"));

    directories.sweep();

    assertThat(MountTable.below(parent)).containsExactly(used);
    assertThat(parent).isDirectoryContaining(used::equals);
    assertThat(parent.toFile().list()).hasSize(1);
    directories.giveBack(used);
    directories.sweep();
    assertThat(parent).isEmptyDirectory();
  }

  private Path mount(String name) throws IOException {
    var directory = Files.createDirectories(parent.resolve(name));
    Mounts.mount("none", directory, "tmpfs", 0, "");
    return directory;
  }
}
