package dev.lazuli.snapshotter.convert;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ManifestContent;
import dev.lazuli.registry.model.Platform;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ImageLayersTest {
  /** A registry that refuses everything. */
  private static final class Refused implements ImageSource {
    @Override
    public ManifestContent root() throws IOException {
      throw new IOException("the image: refused");
    }

    @Override
    public ManifestContent manifest(Descriptor descriptor) throws IOException {
      throw new IOException("a manifest: refused");
    }

    @Override
    public byte[] content(Descriptor descriptor) throws IOException {
      throw new IOException("a blob: refused");
    }

    @Override
    public BlobSource blob(Descriptor descriptor) throws IOException {
      throw new IOException("a layer: refused");
    }

    @Override
    public Optional<ImageSource> externalTocs() throws IOException {
      throw new IOException("its external TOCs: refused");
    }
  }

  @Test
  void errorNamesTheImageThatWasAskedFor() {
    assertThatThrownBy(() -> ImageLayers.of(new Refused(), Platform.current()))
        .hasMessage("the image: refused");
  }
}
