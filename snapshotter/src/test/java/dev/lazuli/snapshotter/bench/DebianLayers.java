package dev.lazuli.snapshotter.bench;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.testimages.roots.DebianRoot;
import dev.lazuli.testimages.roots.UpperDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The layers that the bench's images are made of. All stand on one base system; packages and wheels
 * come from where this machine gets its own.
 */
final class DebianLayers {
  private static final Duration LIMIT = Duration.ofMinutes(20);
  private static final String BASE = "base";
  private static final String BASE_RECIPE = "debootstrap --variant=minbase, without apt's caches\n";

  private final ImageStore store;

  DebianLayers(ImageStore store) {
    this.store = store;
  }

  /** Makes sure that an image is there in all formats. */
  void provide(BenchImage image) throws IOException {
    var own = new OwnLayer(image);
    var ownName = image.word() + "-own";
    store.layer(ownName, own.recipe(), own::tree);
    store.image(image.word(), image.config(), List.of(base(), packages(image), ownName));
  }

  /** Makes sure that the base layer is there, and returns its name. */
  String base() throws IOException {
    store.layer(BASE, BASE_RECIPE, this::bootstrap);
    return BASE;
  }

  /** Makes sure that the layer of an image's packages is there, and returns its name. */
  String packages(BenchImage image) throws IOException {
    var _ = base();
    store.layer(image.word(), BASE_RECIPE + image.packagesRecipe(), () -> install(image));
    return image.word();
  }

  /** Returns the files of the base system, which must be there. */
  ImageTree baseFiles() throws IOException {
    return UpperDirectory.read(root());
  }

  /** Returns the files that an image's packages changed in it, which must be there. */
  ImageTree packageFiles(BenchImage image) throws IOException {
    return UpperDirectory.read(upper(image));
  }

  private ImageTree bootstrap() throws IOException {
    var obstacle = DebianRoot.obstacle();
    if (obstacle.isPresent()) {
      throw new IOException("no image can be made here: " + obstacle.get());
    }
    return UpperDirectory.read(DebianRoot.bootstrap(root()).directory());
  }

  private ImageTree install(BenchImage image) throws IOException {
    var scratch = store.directory().resolve("downloads").resolve(image.word());
    var wheels = Files.createDirectories(scratch.resolve("wheels"));
    var commands = new ArrayList<>(image.commands());
    if (!image.wheels().isEmpty()) {
      download(wheels, image.wheels());
      commands.add(
          "pip install --no-cache-dir --no-index --find-links /mnt/wheels --break-system-packages "
              + String.join(" ", image.wheels()));
    }
    Files.createDirectories(upper(image).resolveSibling(""));
    DebianRoot.at(root()).install(upper(image), scratch, image.packages(), commands);
    return packageFiles(image);
  }

  /** Pip of this machine downloads what fits the Python of the image. */
  private static void download(Path wheels, List<String> wanted) throws IOException {
    var version = DebianRoot.candidate("python3").replaceAll("^([0-9]+\\.[0-9]+).*", "$1");
    var words = new ArrayList<>(List.of("python3", "-m", "pip", "download", "--quiet", "--dest"));
    words.add(wheels.toString());
    words.addAll(List.of("--only-binary=:all:", "--python-version", version));
    for (var glibc : List.of("2014", "_2_17", "_2_28")) {
      words.add("--platform=manylinux" + glibc + "_" + machine());
    }
    words.addAll(wanted);
    Command.of(words.toArray(String[]::new)).within(LIMIT).check();
  }

  private static String machine() {
    var name = System.getProperty("os.arch");
    return name.equals("amd64") ? "x86_64" : name;
  }

  private Path root() {
    return store.directory().resolve("base");
  }

  private Path upper(BenchImage image) {
    return store.directory().resolve("uppers").resolve(image.word());
  }
}
