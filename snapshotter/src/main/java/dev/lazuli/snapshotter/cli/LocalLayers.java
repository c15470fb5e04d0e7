package dev.lazuli.snapshotter.cli;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.Sha256;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.estargz.read.ChannelBlobSource;
import dev.lazuli.snapshotter.layers.LayerOrigin;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.testimages.images.OciLayout;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Layers that lie on this machine: one blob in a file, or an image of an OCI layout ({@code DIR} or
 * {@code DIR:TAG}).
 */
final class LocalLayers implements LayerOrigin, AutoCloseable {
  private record Layer(FileChannel blob, Optional<String> tocDigest) {}

  private final String name;
  private final Map<String, Layer> layers = new LinkedHashMap<>();

  private LocalLayers(String name) {
    this.name = name;
  }

  /**
   * Finds the layers that {@code what} names, lowest first.
   *
   * @throws CommandException if it names nothing on this machine
   */
  static LocalLayers open(String what) throws IOException, CommandException {
    var local = new LocalLayers(what);
    try {
      if (Files.isRegularFile(Path.of(what))) {
        local.add(digest(Path.of(what)), Path.of(what), Optional.empty());
      } else {
        local.addImage(what);
      }
      return local;
    } catch (IOException | CommandException e) {
      local.close();
      throw e;
    }
  }

  private void addImage(String what) throws IOException, CommandException {
    boolean tagged = !Files.isDirectory(Path.of(what));
    int colon = what.lastIndexOf(':');
    var directory = Path.of(tagged && colon > 0 ? what.substring(0, colon) : what);
    if (!Files.exists(directory.resolve("oci-layout"))) {
      throw new CommandException(what + " is neither a file nor an OCI layout");
    }
    var layout = OciLayout.at(directory);
    var images = layout.images();
    var tag = tagged ? what.substring(colon + 1) : images.keySet().stream().findFirst().orElse("");
    var manifest = images.get(tag);
    if (manifest == null) {
      throw new CommandException(directory + " has no image " + tag + ", only " + images.keySet());
    }
    for (var layer : layout.layers(manifest)) {
      var toc = Optional.ofNullable(layer.annotations().get(Annotations.TOC_DIGEST));
      add(layer.digest(), layout.blob(layer.digest()), toc);
    }
  }

  /** A layer that occurs several times counts where it is highest: there it does all again. */
  private void add(String digest, Path blob, Optional<String> tocDigest) throws IOException {
    var lower = layers.remove(digest);
    layers.put(digest, lower != null ? lower : new Layer(FileChannel.open(blob), tocDigest));
  }

  private static String digest(Path file) throws IOException {
    var sha256 = Sha256.newComputation();
    try (InputStream in = Files.newInputStream(file)) {
      var buffer = new byte[64 << 10];
      for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
        sha256.update(buffer, 0, read);
      }
    }
    return "sha256:" + HexFormat.of().formatHex(sha256.digest());
  }

  /** Returns requests for all layers, lowest first. */
  List<LayerRequest> requests() {
    var requests = new ArrayList<LayerRequest>();
    layers.forEach(
        (digest, layer) ->
            requests.add(
                new LayerRequest(
                    name,
                    digest,
                    List.of(digest),
                    Optional.empty(),
                    layer.tocDigest(),
                    OptionalLong.empty(),
                    false,
                    List.of())));
    return requests;
  }

  @Override
  public BlobSource blob(String reference, String digest, long size) throws IOException {
    var layer = layers.get(digest);
    if (layer == null) {
      throw new IOException(name + " has no layer " + digest);
    }
    return new ChannelBlobSource(layer.blob());
  }

  @Override
  public void close() throws IOException {
    for (var layer : layers.values()) {
      layer.blob().close();
    }
  }
}
