package dev.lazuli.snapshotter.cli;

import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.build.BuiltLayer;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.Platform;
import dev.lazuli.snapshotter.convert.Conversions;
import dev.lazuli.snapshotter.convert.ConvertListener;
import dev.lazuli.snapshotter.convert.ConvertOptions;
import dev.lazuli.snapshotter.convert.ConvertedImage;
import dev.lazuli.snapshotter.convert.ConvertedLayer;
import dev.lazuli.snapshotter.convert.ConvertedLayer.How;
import dev.lazuli.snapshotter.convert.ImagePlace;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lazuli convert}: makes lazy images and layers. */
@Command(
    name = "convert",
    description = {
      "Convert an image, or one layer in a file, so that it can be pulled lazily.",
      "An image is an OCI layout (DIR[:TAG]) or a reference to a registry; the prefixes oci: and"
          + " docker:// tell them apart if needed. A file is converted to a file.",
      "Layers that are already lazy in the wanted format stay as they are."
    })
final class ConvertCommand implements Callable<Integer> {
  private static final int MOST_LAYERS = 4;
  private static final int SEGMENT_BYTES = 1 << 20;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "SOURCE", description = "What to convert.")
  private String source = "";

  @Parameters(index = "1", paramLabel = "TARGET", description = "Where to write the result.")
  private String target = "";

  @Option(
      names = "--platform",
      paramLabel = "OS/ARCH",
      description = "Platform to convert, of an image for several; can be repeated. Default: all.")
  private List<String> platforms = new ArrayList<>();

  @Option(
      names = "--keep-media-types",
      description = {
        "Keep Docker's media types. By default they become OCI types, since some clients do not"
            + " recognise lazy layers without these."
      })
  private boolean keepMediaTypes;

  @Option(
      names = "--scratch",
      paramLabel = "DIR",
      description =
          "Directory for layers that are not pushed yet. Default: the system's temporary"
              + " directory.")
  private Path scratch = Path.of(System.getProperty("java.io.tmpdir"));

  @Mixin private LayerBuildOptions layers = new LayerBuildOptions();

  @Mixin private RegistryAccess registry = new RegistryAccess();

  @Override
  public Integer call() throws Exception {
    var build = layers.build().withScratch(scratch);
    var places = places();
    var out = spec.commandLine().getOut();
    if (places.getFirst() instanceof ImagePlace.File from
        && places.getLast() instanceof ImagePlace.File to) {
      var _ = layersAtOnce(build);
      var file = Conversions.layer(from.path(), to.path(), tocFile(to), build);
      warn(spec.commandLine().getErr(), from.toString(), file.warnings());
      print(out, to, file.layer());
      return 0;
    }
    var options =
        new ConvertOptions(build, !keepMediaTypes, parsed(), layersAtOnce(build), scratch);
    try (var client = registry.client(references(places))) {
      var image =
          Conversions.image(
              places.getFirst(),
              places.getLast(),
              options,
              client,
              new Progress(out, spec.commandLine().getErr()));
      print(out, image);
    }
    return 0;
  }

  private List<ImagePlace> places() throws CommandException {
    try {
      var from = ImagePlace.existing(source);
      return List.of(from, ImagePlace.wanted(target, from));
    } catch (IllegalArgumentException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e);
    }
  }

  private static List<ImageReference> references(List<ImagePlace> places) {
    return places.stream()
        .filter(ImagePlace.Registry.class::isInstance)
        .map(place -> ((ImagePlace.Registry) place).reference())
        .toList();
  }

  private List<Platform> parsed() throws CommandException {
    var parsed = new ArrayList<Platform>();
    for (var platform : platforms) {
      parsed.add(RegistryAccess.platform(platform));
    }
    return parsed;
  }

  private Optional<Path> tocFile(ImagePlace.File to) {
    return layers.externalToc()
        ? Optional.of(to.path().resolveSibling(to.path().getFileName() + "-esgztoc"))
        : Optional.empty();
  }

  /** Returns how many layers fit into memory at the same time; each has all threads. */
  private static int layersAtOnce(BuildOptions build) throws CommandException {
    long segment = Long.highestOneBit(build.chunkBytes() + SEGMENT_BYTES) * 2;
    long perLayer = (build.threads() + 2) * 2L * Math.max(segment, 16L * build.minChunkBytes());
    long heap = Runtime.getRuntime().maxMemory();
    if (perLayer > heap / 10 * 9) {
      throw new CommandException(
          "%d threads and chunks of %d bytes need up to %d MiB of memory, but Java may use only %d MiB:"
                  .formatted(build.threads(), build.chunkBytes(), perLayer >> 20, heap >> 20)
              + " use fewer or smaller ones, or set LAZULI_JAVA_OPTS=-Xmx");
    }
    return Math.clamp(heap / 10 * 6 / perLayer, 1, MOST_LAYERS);
  }

  private static void print(PrintWriter out, ImagePlace.File to, BuiltLayer layer) {
    out.printf("%s: %,d bytes, tar %,d bytes%n", to, layer.size(), layer.uncompressedSize());
    out.printf("digest %s%n", layer.digest());
    out.printf("diffID %s%n", layer.diffId());
    out.printf("media type %s%n", layer.mediaType());
    new TreeMap<>(layer.annotations())
        .forEach((key, value) -> out.printf("annotation %s=%s%n", key, value));
    layer
        .externalToc()
        .ifPresent(toc -> out.printf("external TOC %s %,d bytes%n", toc.digest(), toc.size()));
    out.flush();
  }

  private static void print(PrintWriter out, ConvertedImage image) {
    long converted = image.layers().stream().filter(l -> l.how() == How.CONVERTED).count();
    long kept = image.layers().stream().filter(l -> l.how() == How.KEPT).count();
    out.printf(
        "%d of %d layers converted, %d already lazy%n", converted, image.layers().size(), kept);
    image.tocImage().ifPresent(toc -> out.printf("external TOCs: %s%n", toc));
    out.printf("%s@%s%n", image.name(), image.digest());
    out.flush();
  }

  private static void warn(PrintWriter err, String layer, List<String> warnings) {
    for (var warning : warnings) {
      err.printf("warning: layer %s: %s%n", layer, warning);
    }
    err.flush();
  }

  /** Prints a line when a layer is done: the same on a terminal and in a log. */
  private record Progress(PrintWriter out, PrintWriter err) implements ConvertListener {
    private static final int SHORT_DIGEST = 19;

    @Override
    public synchronized void done(ConvertedLayer layer, Duration time) {
      var digest = layer.source().digest().toString().substring(0, SHORT_DIGEST);
      out.printf("%s %,13d bytes  ", digest, layer.source().size());
      switch (layer.how()) {
        case CONVERTED ->
            out.printf(
                "converted in %.1f s to %s %,d bytes%n",
                time.toMillis() / 1e3,
                layer.result().digest().toString().substring(0, SHORT_DIGEST),
                layer.result().size());
        case KEPT -> out.println("is already lazy");
        case PASSED -> out.println("is not a file system layer");
      }
      out.flush();
      warn(err, layer.source().digest().toString(), layer.warnings());
    }
  }
}
