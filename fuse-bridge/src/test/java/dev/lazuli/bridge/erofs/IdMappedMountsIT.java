package dev.lazuli.bridge.erofs;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.bridge.kernel.IdMappedMounts;
import dev.lazuli.bridge.kernel.MountPoints;
import dev.lazuli.bridge.kernel.UserNamespace;
import dev.lazuli.bridge.kernel.UserNamespace.IdRange;
import dev.lazuli.demo.images.ImageTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every way to mount a layer can be shown with other owners, for containers with their own ids. */
final class IdMappedMountsIT {
  private static final List<IdRange> SHIFTED =
      List.of(new IdRange(0, 200_000, 1000), new IdRange(1000, 500_000, 64_536));

  @TempDir Path dir;

  @BeforeAll
  static void requireRoot() {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting needs root");
  }

  @ParameterizedTest
  @EnumSource
  void mountedLayer_isShownWithOtherOwners(MountVariant way) throws IOException {
    var tree =
        new ImageTree()
            .directory("bin")
            .file("bin/tool", "of root")
            .file("bin/mine", "of a user")
            .owner(1000, 999)
            .file("far", "of nobody here")
            .owner(70_000, 70_000);
    var layer = ReferenceLayer.make(tree, dir.resolve("layer"));
    var target = Files.createDirectory(dir.resolve("mapped"));

    try (var mounted = way.mount(layer, dir);
        var owners = UserNamespace.of(SHIFTED, SHIFTED)) {
      IdMappedMounts.mount(mounted.root(), target, owners);

      assertThat(owner(target.resolve("bin/tool"))).isEqualTo("200000:200000");
      assertThat(owner(target.resolve("bin/mine"))).isEqualTo("500000:200999");
      assertThat(owner(target.resolve("far"))).isEqualTo("65534:65534");
      assertThat(target.resolve("bin/mine")).hasContent("of a user");
      assertThat(owner(mounted.root().resolve("bin/mine"))).isEqualTo("1000:999");

      IdMappedMounts.unmount(target);
      IdMappedMounts.unmount(target);
      assertThat(target).isEmptyDirectory();
    }
  }

  @Test
  void fileSystemThatCannot_isNamed_andNothingStays() throws IOException {
    var target = Files.createDirectory(dir.resolve("mapped"));

    try (var owners = UserNamespace.of(SHIFTED, SHIFTED)) {
      assertThatThrownBy(() -> IdMappedMounts.mount(Path.of("/proc/sys"), target, owners))
          .hasMessage("mount_setattr(\"/proc/sys\", MOUNT_ATTR_IDMAP): EINVAL");
    }

    assertThat(MountPoints.read().anyBelow(dir)).isFalse();
  }

  @Test
  void namespace_leavesNoProcess() throws IOException {
    var before = children();

    UserNamespace.of(SHIFTED, SHIFTED).close();

    assertThat(children()).isEqualTo(before);
  }

  @Test
  void rangesThatOverlap_areRefused() {
    var twice = List.of(new IdRange(0, 1, 10), new IdRange(5, 100, 10));

    assertThatThrownBy(() -> UserNamespace.of(twice, twice).close())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("uid_map");
  }

  private static List<Long> children() {
    return ProcessHandle.current().children().map(ProcessHandle::pid).sorted().toList();
  }

  private static String owner(Path path) throws IOException {
    return Files.getAttribute(path, "unix:uid", NOFOLLOW_LINKS)
        + ":"
        + Files.getAttribute(path, "unix:gid", NOFOLLOW_LINKS);
  }
}
