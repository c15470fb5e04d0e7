package dev.lazuli.snapshotter.cli;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.ManifestContent;
import dev.lazuli.registry.model.Platform;
import dev.lazuli.snapshotter.cli.output.Printable;
import dev.lazuli.snapshotter.convert.Conversions;
import dev.lazuli.snapshotter.convert.ImageLayers;
import dev.lazuli.snapshotter.convert.ImagePlace;
import dev.lazuli.snapshotter.convert.ImageSource;
import dev.lazuli.snapshotter.share.ImageIndexing;
import dev.lazuli.snapshotter.share.IndexOutput;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lazuli index}: makes the indexes with which any image can be pulled lazily. */
@Command(
    name = "index",
    description = {
      "Make indexes of an image's layers, with which nodes can pull it lazily as it is.",
      "The layers are read once and not stored. Needs neither a daemon nor containerd."
    })
final class IndexCommand implements Callable<Integer> {
  private static final int SHORT_DIGEST = 19;

  @Parameters(
      paramLabel = "IMAGE",
      description = "An image in a registry, or in an OCI layout (DIR[:TAG]).")
  private String image = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "Write the indexes to an OCI layout.")
  private @Nullable Path output;

  @Option(
      names = "--push",
      description = "Push the indexes beside the image, as what refers to its manifests.")
  private boolean push;

  @Option(
      names = "--to",
      paramLabel = "REPOSITORY",
      description = {
        "With --push: push to this side repository instead, which nodes find by"
            + " indexes.side_repository."
      })
  private @Nullable String to;

  @Option(
      names = "--platform",
      paramLabel = "OS/ARCH",
      description = "Platform to index, of an image for several; can be repeated. Default: all.")
  private List<String> platforms = new ArrayList<>();

  @Option(
      names = "--scratch",
      paramLabel = "DIR",
      description =
          "Directory for indexes until they are written. Default: the system's temporary"
              + " directory.")
  private Path scratch = Path.of(System.getProperty("java.io.tmpdir"));

  @Mixin private RegistryAccess registry = new RegistryAccess();

  @Spec private CommandSpec spec;

  /** Indexes by the digests of their layers; the files of those that were made. */
  private final Map<Digest, Descriptor> indexes = new HashMap<>();

  private final Map<Digest, Path> files = new HashMap<>();

  @Override
  public Integer call() throws Exception {
    var source = place();
    var references = new ArrayList<ImageReference>();
    if (source instanceof ImagePlace.Registry known) {
      references.add(known.reference());
    }
    var side = side();
    if (side != null) {
      references.add(side);
    }
    var wanted = new ArrayList<Platform>();
    for (var platform : platforms) {
      wanted.add(RegistryAccess.platform(platform));
    }
    try (var client = registry.client(references);
        var indexing = new ImageIndexing(scratch)) {
      var found = Conversions.source(source, client);
      return index(found, wanted, indexing, output(client, source, side));
    } finally {
      for (var file : files.values()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private ImagePlace place() throws CommandException {
    if (push == (output != null) || (to != null && !push)) {
      throw new CommandException("say --output DIR, --push, or --push --to REPOSITORY");
    }
    try {
      return ImagePlace.existing(image);
    } catch (IllegalArgumentException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e);
    }
  }

  private @Nullable ImageReference side() throws CommandException {
    try {
      return to == null ? null : ImageReference.parse(to);
    } catch (IllegalArgumentException e) {
      throw new CommandException("--to " + to + ": " + e.getMessage(), e);
    }
  }

  private IndexOutput output(
      RegistryClient client, ImagePlace source, @Nullable ImageReference side)
      throws CommandException {
    if (output != null) {
      return IndexOutput.layout(client, output, scratch);
    }
    var image = source instanceof ImagePlace.Registry known ? known.reference() : null;
    if (side == null && image != null) {
      return IndexOutput.beside(client, image, scratch);
    }
    if (side == null) {
      throw new CommandException("an image in a layout has nothing beside it: say --to REPOSITORY");
    }
    if (image != null && image.name().equals(side.name())) {
      throw new CommandException("--to names the image's own repository: leave it out");
    }
    return IndexOutput.side(client, side, scratch);
  }

  private int index(
      ImageSource source, List<Platform> wanted, ImageIndexing indexing, IndexOutput target)
      throws IOException, CommandException {
    var out = spec.commandLine().getOut();
    var manifests = ImageLayers.manifests(source, wanted);
    int written = 0;
    for (var manifest : manifests) {
      var made = indexes(source, manifest, indexing, out);
      if (!made.isEmpty()) {
        out.printf("%s%n", target.write(manifest.descriptor(), made, files));
        written++;
      }
    }
    if (written == 0) {
      out.println("no layer gets an index");
    }
    out.flush();
    if (manifests.isEmpty()) {
      throw new CommandException(image + " has no image for these platforms");
    }
    return 0;
  }

  private Map<Digest, Descriptor> indexes(
      ImageSource source, ManifestContent manifest, ImageIndexing indexing, PrintWriter out)
      throws IOException {
    var made = new LinkedHashMap<Digest, Descriptor>();
    if (manifest.manifest() instanceof ImageManifest document) {
      for (var layer : document.layers()) {
        var index = indexes.get(layer.digest());
        if (index == null && ImageLayers.isLayer(layer)) {
          index = index(source, layer, indexing, out);
        }
        if (index != null) {
          made.put(layer.digest(), index);
        }
      }
    }
    return made;
  }

  private @Nullable Descriptor index(
      ImageSource source, Descriptor layer, ImageIndexing indexing, PrintWriter out)
      throws IOException {
    out.printf(
        "%s %,13d bytes  ", layer.digest().toString().substring(0, SHORT_DIGEST), layer.size());
    out.flush();
    if (isLazy(layer)) {
      out.println("is already lazy");
      return null;
    }
    return switch (indexing.index(layer, source.blob(layer))) {
      case ImageIndexing.Outcome.Made(var index, var file) -> {
        files.put(index.digest(), file);
        indexes.put(layer.digest(), index);
        out.printf(
            "index of %,d bytes (%.2f %%)%n", index.size(), 100.0 * index.size() / layer.size());
        yield index;
      }
      case ImageIndexing.Outcome.None(var reason) -> {
        out.printf("gets no index: %s%n", Printable.of(reason));
        yield null;
      }
    };
  }

  private static boolean isLazy(Descriptor layer) {
    try {
      return TocTrust.fromAnnotations(layer.annotations()).isPresent();
    } catch (IllegalArgumentException _) {
      return false;
    }
  }
}
