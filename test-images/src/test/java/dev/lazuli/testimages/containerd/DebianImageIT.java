package dev.lazuli.testimages.containerd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.testimages.images.DebianPackages;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

final class DebianImageIT {
  private static final Path CACHE = Path.of("target/debian-packages");

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  @Test
  void pythonFromPackages_runs(@TempDir Path images) throws Exception {
    var obstacle = DebianPackages.obstacle();
    assumeTrue(obstacle.isEmpty(), obstacle.orElse(""));
    var layout = OciLayout.at(images);
    var image = new ImageBuilder(layout).encoding(LayerEncoding.ESTARGZ);
    var layers =
        new DebianPackages(CACHE)
            .layers(List.of("libc6"), List.of("dash", "coreutils"), List.of("python3-minimal"));
    for (var layer : layers) {
      image.layer(layer);
    }
    image.build("python");
    var reference = BED.registry().push(layout, "python", "python:1");
    BED.containerd().ctr("image", "pull", "--plain-http", reference).check();

    var program = "import sys; print(sum(range(10)), sys.version_info[0])";
    var run =
        BED.containerd().ctr("run", "--rm", reference, "py", "python3", "-c", program).check();
    var shell =
        BED.containerd().ctr("run", "--rm", reference, "sh", "sh", "-c", "echo $((6*7))").check();

    assertThat(run.output()).isEqualTo("45 3\n");
    assertThat(shell.output()).isEqualTo("42\n");
  }
}
