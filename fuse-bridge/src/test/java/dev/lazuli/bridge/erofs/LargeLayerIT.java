package dev.lazuli.bridge.erofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.testimages.images.TreeComparer;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A layer of a hundred thousand files, twenty thousand of them in one directory. */
final class LargeLayerIT {
  private static final int FILES = 100_000;

  @TempDir static Path shared;
  private static ReferenceLayer layer;
  private static TreeComparer reference;

  @TempDir Path dir;

  @BeforeAll
  static void makeLayer() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting needs root");
    var support = ErofsSupport.probe(shared);
    assumeTrue(support.file().available() && support.loop().available(), support.toString());
    layer = ReferenceLayer.make(TestTrees.large(FILES), shared.resolve("layer"));
    reference = TreeComparer.of(layer.reference());
  }

  @ParameterizedTest
  @EnumSource
  void everyFile_isShownAsItIs(MountVariant way) throws IOException {
    assertThat(reference.size()).isGreaterThan(FILES);
    try (var mounted = way.mount(layer, dir)) {
      assertThat(reference.differences(mounted.root())).isEmpty();
    }
  }

  @Test
  void checker_acceptsTheImage() throws Exception {
    var check =
        new ProcessBuilder("fsck.erofs", "--device=" + layer.data(), layer.image().toString());
    assertThat(check.inheritIO().start().waitFor()).isZero();
  }
}
