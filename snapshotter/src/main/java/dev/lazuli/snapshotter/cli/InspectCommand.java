package dev.lazuli.snapshotter.cli;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.LayerDescription;
import dev.lazuli.estargz.read.LayerInspector;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.snapshotter.cli.output.Printable;
import dev.lazuli.snapshotter.convert.ImageLayers;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code lazuli inspect}: says what lazy layers are. */
@Command(
    name = "inspect",
    description = "Show the format and contents of a layer, or of each layer of an image.")
final class InspectCommand implements Callable<Integer> {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  @Mixin private ImageToRead image = new ImageToRead();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Option(
      names = "--toc",
      description =
          "Print the table of contents as it is in the layer; for an image, one after another.")
  private boolean toc;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    return image.read(toc ? this::writeTocs : this::describe);
  }

  private int writeTocs(List<ImageLayers.Found> layers) throws IOException, CommandException {
    try (var inspector = new LayerInspector(Limits.DEFAULT)) {
      for (var layer : layers) {
        var _ = inspector.writeToc(request(layer), new Unclosed(System.out));
        System.out.println();
      }
    }
    return 0;
  }

  private static OpenRequest request(ImageLayers.Found layer) throws CommandException {
    return layer
        .request()
        .orElseThrow(() -> new CommandException("layer " + layer.digest() + " is not lazy"));
  }

  private int describe(List<ImageLayers.Found> layers) throws IOException {
    var out = spec.commandLine().getOut();
    var all = JSON.createArrayNode();
    try (var inspector = new LayerInspector(Limits.DEFAULT)) {
      for (var layer : layers) {
        LayerDescription description = null;
        String obstacle = null;
        if (layer.request().isPresent()) {
          try {
            description = inspector.describe(layer.request().get());
          } catch (LayerFormatException e) {
            obstacle = e.getMessage();
          }
        }
        if (json) {
          all.add(document(layer, description, obstacle));
        } else {
          print(out, layer, description, obstacle);
        }
      }
    }
    if (json) {
      out.println(JSON.writeValueAsString(all));
    }
    out.flush();
    return 0;
  }

  private static ObjectNode document(
      ImageLayers.Found layer, @Nullable LayerDescription description, @Nullable String obstacle) {
    var document = JSON.createObjectNode();
    document.put("digest", layer.digest().toString());
    document.put("size", layer.descriptor().size());
    document.put("lazy", description != null);
    if (obstacle != null) {
      document.put("obstacle", obstacle);
    }
    if (description != null) {
      document.put("format", description.format().title());
      document.put("tocDigest", description.tocDigest().toString());
      document.put("tocDigestAnnotated", layer.trusted());
      document.put("tocOffset", description.tocOffset());
      document.put("tocCompressedBytes", description.tocCompressedBytes());
      document.put("tocBytes", description.tocBytes());
      document.put("directories", description.directories());
      document.put("files", description.files());
      document.put("symlinks", description.symlinks());
      document.put("others", description.others());
      document.put("chunks", description.chunks());
      document.put("fileBytes", description.fileBytes());
      document.put("prefetchEnd", description.prefetchEnd());
    }
    return document;
  }

  private static void print(
      PrintWriter out,
      ImageLayers.Found layer,
      @Nullable LayerDescription description,
      @Nullable String obstacle) {
    out.printf("layer %s%n", layer.digest());
    out.printf("  size      %,d bytes%n", layer.descriptor().size());
    if (description == null) {
      out.printf("  format    not lazy%s%n", obstacle == null ? "" : ": " + Printable.of(obstacle));
      return;
    }
    out.printf("  format    %s%n", description.format().title());
    out.printf(
        "  TOC       %s%s%n",
        description.tocDigest(),
        layer.trusted() ? ", as annotated" : ", no manifest vouches for it");
    out.printf(
        "            %,d bytes, %,d compressed, at %,d%n",
        description.tocBytes(), description.tocCompressedBytes(), description.tocOffset());
    out.printf(
        "  entries   %,d directories, %,d files, %,d symbolic links, %,d others%n",
        description.directories(),
        description.files(),
        description.symlinks(),
        description.others());
    out.printf(
        "  contents  %,d bytes in %,d chunks%n", description.fileBytes(), description.chunks());
    out.printf("  prefetch  %s%n", prefetch(description.prefetchEnd()));
  }

  private static String prefetch(long end) {
    return end > 0 ? "the first %,d bytes".formatted(end) : "nothing is marked";
  }

  /** Standard output, which stays open. */
  private static final class Unclosed extends FilterOutputStream {
    Unclosed(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
