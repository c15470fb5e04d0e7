package dev.lazuli.bridge.erofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.bridge.kernel.Mounts;
import dev.lazuli.testimages.images.TreeComparer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every way to mount shows the tree that tar makes of the same layer: no difference. */
final class MountWaysIT {
  private static final long GIANT_BYTES = 5L << 30; // 5 GiB

  @TempDir static Path shared;
  private static ReferenceLayer everyKind;
  private static ReferenceLayer lower;
  private static ReferenceLayer upper;
  private static TreeComparer everyKindReference;

  @TempDir Path dir;

  @BeforeAll
  static void makeLayers() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting needs root");
    var support = ErofsSupport.probe(shared);
    assumeTrue(support.file().available(), support.file().reason());
    assumeTrue(support.loop().available(), support.loop().reason());
    everyKind = ReferenceLayer.make(TestTrees.everyKind(), shared.resolve("kinds"));
    lower = ReferenceLayer.make(TestTrees.lower(), shared.resolve("lower"));
    upper = ReferenceLayer.make(TestTrees.upper(), shared.resolve("upper"));
    everyKindReference = TreeComparer.of(everyKind.reference());
  }

  @ParameterizedTest
  @EnumSource
  void everyKindOfFile_isShownAsItIs(MountVariant way) throws IOException {
    try (var mounted = way.mount(everyKind, dir)) {
      assertThat(everyKindReference.differences(mounted.root())).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void underOverlayfs_whiteoutsAndOpaqueDirectoriesHideTheLayerBelow(MountVariant way)
      throws IOException {
    Path expected = Files.createDirectory(dir.resolve("expected"));
    Path actual = Files.createDirectory(dir.resolve("actual"));
    try (var below = way.mount(lower, dir.resolve("l"));
        var above = way.mount(upper, dir.resolve("u"))) {
      overlay(upper.reference(), lower.reference(), expected);
      try {
        overlay(above.root(), below.root(), actual);
        assertThat(expected.resolve("kept/gone")).doesNotExist();
        assertThat(expected.resolve("opaque/hidden")).doesNotExist();
        assertThat(TreeComparer.compare(expected, actual)).isEmpty();
      } finally {
        ErofsMount.unmount(actual);
        ErofsMount.unmount(expected);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void underOverlayfs_everyKindOfFileIsShownAsItIs(MountVariant way) throws IOException {
    Path empty = Files.createDirectory(dir.resolve("empty"));
    Path expected = Files.createDirectory(dir.resolve("expected"));
    Path actual = Files.createDirectory(dir.resolve("actual"));
    try (var mounted = way.mount(everyKind, dir.resolve("m"))) {
      overlay(everyKind.reference(), empty, expected);
      try {
        overlay(mounted.root(), empty, actual);
        assertThat(TreeComparer.compare(expected, actual)).isEmpty();
      } finally {
        ErofsMount.unmount(actual);
        ErofsMount.unmount(expected);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void giantFile_isReadAtAllItsEnds(MountVariant way) throws Exception {
    var tree = new HeapTree();
    tree.file(tree.root(), "before", 10);
    var giant = tree.file(tree.root(), "giant", GIANT_BYTES + 1);
    var layer = new ReferenceLayer(dir, dir.resolve("meta.erofs"), dir.resolve("data"));
    long[] places = {0, 4095, (1L << 31) - 1, 1L << 32, GIANT_BYTES - 4096, GIANT_BYTES};
    ErofsWriter.write(tree, tree.dataSize(), layer.image());
    try (var data =
        FileChannel.open(layer.data(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      data.write(ByteBuffer.allocate(1), tree.dataSize() - 1);
      for (long place : places) {
        data.write(ByteBuffer.wrap(new byte[] {'!'}), giant.dataOffset + place);
      }
    }

    try (var mounted = way.mount(layer, dir.resolve("m"));
        var file = FileChannel.open(mounted.root().resolve("giant"))) {
      assertAccepted(layer);
      assertThat(file.size()).isEqualTo(GIANT_BYTES + 1);
      for (long place : places) {
        var around = ByteBuffer.allocate(3);
        file.read(around, Math.max(place - 1, 0));
        assertThat(around.get(place == 0 ? 0 : 1)).isEqualTo((byte) '!');
        assertThat(around.get(2)).isZero();
      }
    }
  }

  @Test
  void checker_acceptsEveryImage() throws Exception {
    for (var layer : new ReferenceLayer[] {everyKind, lower, upper}) {
      assertAccepted(layer);
    }
  }

  private static void assertAccepted(ReferenceLayer layer)
      throws IOException, InterruptedException {
    var check =
        new ProcessBuilder("fsck.erofs", "--device=" + layer.data(), layer.image().toString());
    assertThat(check.inheritIO().start().waitFor()).isZero();
  }

  @Test
  void aDifferenceInOneNanosecond_isFound() throws IOException {
    Path file = everyKind.reference().resolve("attributes/1-ns");
    var time = Files.getLastModifiedTime(file);
    Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(0, 2)));
    try (var mounted = MountVariant.EROFS_LOCAL.mount(everyKind, dir)) {
      assertThat(TreeComparer.compare(everyKind.reference(), mounted.root())).hasSize(1);
    } finally {
      Files.setLastModifiedTime(file, time);
    }
  }

  private static void overlay(Path upper, Path lower, Path target) throws IOException {
    Mounts.mount("overlay", target, "overlay", Mounts.MS_RDONLY, "lowerdir=" + upper + ":" + lower);
  }
}
