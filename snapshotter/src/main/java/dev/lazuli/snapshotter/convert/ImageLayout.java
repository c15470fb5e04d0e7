package dev.lazuli.snapshotter.convert;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageIndex;
import dev.lazuli.registry.model.ManifestContent;
import dev.lazuli.registry.model.MediaTypes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A directory in the OCI image layout. Nothing in it is ever half written: blobs and the index grow
 * under other names. Safe for any thread of one process.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/image-layout.md">OCI image
 *     specification: image layout</a>
 */
final class ImageLayout {
  /** The annotation that gives a manifest of the index its tag. */
  private static final String REF_NAME = "org.opencontainers.image.ref.name";

  /** The annotation by which containerd says the full name of an image that it exports. */
  private static final String FULL_NAME = "io.containerd.image.name";

  private static final String MARKER = "oci-layout";
  private static final String INDEX = "index.json";

  /** Largest document taken, as registries have it. */
  private static final long MAX_DOCUMENT_BYTES = 16L << 20;

  private static final Set<PosixFilePermission> READABLE =
      PosixFilePermissions.fromString("rw-r--r--");

  private final Path directory;

  private ImageLayout(Path directory) {
    this.directory = directory;
  }

  /**
   * Opens a layout.
   *
   * @throws IOException if the directory is not one
   */
  static ImageLayout open(Path directory) throws IOException {
    if (!Files.isRegularFile(directory.resolve(MARKER))) {
      throw new IOException(directory + " is not an OCI layout: it has no file " + MARKER);
    }
    return new ImageLayout(directory);
  }

  /** Opens a layout, and makes an empty one if the directory is empty or not there. */
  static ImageLayout openOrCreate(Path directory) throws IOException {
    Files.createDirectories(directory);
    try (var files = Files.list(directory)) {
      if (files.findAny().isPresent()) {
        return open(directory);
      }
    }
    var layout = new ImageLayout(directory);
    Files.createDirectories(layout.directory.resolve("blobs/sha256"));
    layout.write(directory.resolve(MARKER), Json.bytes("{\"imageLayoutVersion\":\"1.0.0\"}"));
    return layout;
  }

  /**
   * Returns the images that the layout's index lists, by tag; an untagged one has an empty tag.
   * Where several have the same tag, as in archives of containerd, they are listed by their full
   * names; those without one are left out, because nobody could tell which is meant.
   */
  Map<String, Descriptor> images() throws IOException {
    var images = new LinkedHashMap<String, Descriptor>();
    var file = directory.resolve(INDEX);
    if (Files.exists(file)
        && ManifestContent.of(document(file), MediaTypes.OCI_INDEX).manifest()
            instanceof ImageIndex index) {
      var byTag = index.manifests().stream().collect(Collectors.groupingBy(ImageLayout::tagOf));
      for (var image : index.manifests()) {
        var tag = tagOf(image);
        boolean alone =
            byTag.getOrDefault(tag, List.of()).stream().map(Descriptor::digest).distinct().count()
                == 1;
        var name = alone ? tag : image.annotations().get(FULL_NAME);
        if (name != null) {
          images.put(name, image);
        }
      }
    }
    return images;
  }

  private static String tagOf(Descriptor image) {
    return image.annotations().getOrDefault(REF_NAME, "");
  }

  /** Returns a document or other small blob, checked. */
  byte[] content(Descriptor descriptor) throws IOException {
    var bytes = document(blob(descriptor));
    if (bytes.length != descriptor.size() || !descriptor.digest().matches(bytes)) {
      throw new IOException(
          directory
              + ": blob "
              + descriptor.digest()
              + " does not have the content that its descriptor names: length "
              + bytes.length);
    }
    return bytes;
  }

  private static byte[] document(Path file) throws IOException {
    if (Files.size(file) > MAX_DOCUMENT_BYTES) {
      throw new IOException(file + " is larger than " + MAX_DOCUMENT_BYTES + " bytes");
    }
    return Files.readAllBytes(file);
  }

  /**
   * Returns the file of a blob that is there.
   *
   * @throws IOException if it is not there, or has another size
   */
  Path blob(Descriptor descriptor) throws IOException {
    var file = file(descriptor.digest());
    if (!Files.isRegularFile(file)) {
      throw new NoSuchFileException(file.toString());
    }
    if (Files.size(file) != descriptor.size()) {
      throw new IOException(
          file + " has " + Files.size(file) + " bytes, expected " + descriptor.size());
    }
    return file;
  }

  private Path file(Digest digest) {
    return directory.resolve("blobs").resolve(digest.algorithm()).resolve(digest.hex());
  }

  /** Returns a new file in the layout's own file system. */
  Path newFile() throws IOException {
    var file = Files.createTempFile(directory, "blob-", ".tmp");
    file.toFile().deleteOnExit(); // also if a signal ends us
    return file;
  }

  /** Lets a file that {@link #newFile} made become a blob. */
  void add(Digest digest, Path written) throws IOException {
    var file = file(digest);
    Files.createDirectories(file.getParent());
    Files.setPosixFilePermissions(written, READABLE);
    Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Adds a small blob. */
  void add(Digest digest, byte[] bytes) throws IOException {
    var file = file(digest);
    Files.createDirectories(file.getParent());
    write(file, bytes);
  }

  /**
   * Lets {@code tag} name a manifest, in place of any other that had it.
   *
   * @throws IOException if several had it, which may be images of other names
   */
  synchronized void tag(String tag, Descriptor manifest) throws IOException {
    var file = directory.resolve(INDEX);
    var index =
        Files.exists(file)
            ? Json.object(document(file))
            : Json.object(Json.bytes("{\"schemaVersion\":2,\"mediaType\":\"\"}"));
    index.put("mediaType", MediaTypes.OCI_INDEX);
    var manifests = index.withArray("manifests");
    if (isOfSeveral(tag, manifests)) {
      throw new IOException(this + " has several images with the tag " + tag);
    }
    for (int i = manifests.size() - 1; i >= 0; i--) {
      if (manifests.get(i).path("annotations").path(REF_NAME).asString("").equals(tag)) {
        manifests.remove(i);
      }
    }
    ObjectNode entry = manifests.addObject();
    entry.put("mediaType", manifest.mediaType());
    entry.put("digest", manifest.digest().toString());
    entry.put("size", manifest.size());
    entry.putObject("annotations").put(REF_NAME, tag);
    write(file, Json.bytes(index));
  }

  private static boolean isOfSeveral(String tag, ArrayNode manifests) {
    return manifests
            .valueStream()
            .filter(entry -> entry.path("annotations").path(REF_NAME).asString("").equals(tag))
            .map(entry -> entry.path("digest").asString(""))
            .distinct()
            .count()
        > 1;
  }

  private void write(Path file, byte[] bytes) throws IOException {
    var temporary = newFile();
    try {
      Files.write(temporary, bytes);
      Files.setPosixFilePermissions(temporary, READABLE);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  @Override
  public String toString() {
    return directory.toString();
  }
}
