package dev.lazuli.testimages.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A directory in the OCI image layout: {@code oci-layout}, {@code index.json} and {@code
 * blobs/sha256}. Used by one thread at a time; blobs, once there, never change.
 */
public final class OciLayout {
  private final Path directory;

  private OciLayout(Path directory) {
    this.directory = directory;
  }

  /** Opens the layout in {@code directory}, and makes an empty one if there is none. */
  public static OciLayout at(Path directory) throws IOException {
    Files.createDirectories(directory.resolve("blobs/sha256"));
    return new OciLayout(directory);
  }

  /** Returns the layout's directory. */
  public Path directory() {
    return directory;
  }

  /** Writes a layer blob. The same entries and format always give the same digest. */
  @SuppressWarnings("DoNotCallSuggester")
  public Layer addLayer(Iterable<TreeEntry> entries, LayerFormat format) throws IOException {
    throw new IOException("layer of format " + format + " in " + directory + ": not possible yet");
  }

  /** Writes configuration and manifest of an image and lets {@code tag} name it. */
  @SuppressWarnings("DoNotCallSuggester")
  public Descriptor addImage(String tag, ImageConfig config, List<Layer> layers)
      throws IOException {
    throw new IOException("image " + tag + " in " + directory + ": not possible yet");
  }

  /** Returns the manifests that {@code index.json} lists, by tag. */
  public Map<String, Descriptor> images() throws IOException {
    return Map.of();
  }

  /** Returns where the blob with this digest lies or would lie. */
  public Path blob(String digest) {
    return directory.resolve("blobs/" + digest.replace(':', '/'));
  }
}
