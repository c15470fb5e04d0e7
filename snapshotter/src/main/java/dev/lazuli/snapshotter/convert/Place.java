package dev.lazuli.snapshotter.convert;

import dev.lazuli.snapshotter.registry.ImageReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where an image or a layer is, as people type it: {@code oci:DIR[:TAG]}, {@code docker://REF}, or
 * without a prefix whatever fits best.
 */
public sealed interface Place {
  /** A layer's blob in a file. */
  record File(Path path) implements Place {
    @Override
    public String toString() {
      return path.toString();
    }
  }

  /**
   * An OCI layout.
   *
   * @param tag of the image in it; empty for its only one
   */
  record Layout(Path directory, Optional<String> tag) implements Place {
    @Override
    public String toString() {
      return directory + tag.map(name -> ":" + name).orElse("");
    }
  }

  /** A registry. */
  record Registry(ImageReference reference) implements Place {
    @Override
    public String toString() {
      return reference.toString();
    }
  }

  /** Says that a layout is meant. */
  String LAYOUT_PREFIX = "oci:";

  /** Says that a registry is meant. */
  String REGISTRY_PREFIX = "docker://";

  /**
   * Returns the place of something that is there: a file or a layout if there is one, else a
   * registry.
   *
   * @throws IllegalArgumentException if the text names no place
   */
  static Place existing(String text) {
    if (isPrefixed(text)) {
      return prefixed(text);
    }
    if (Files.isRegularFile(Path.of(text))) {
      return new File(Path.of(text));
    }
    if (Files.isDirectory(Path.of(text)) || Files.isDirectory(untagged(text))) {
      return layout(text);
    }
    if (isPath(text)) {
      throw new IllegalArgumentException("no such file or directory: " + text);
    }
    return new Registry(ImageReference.parse(text));
  }

  /**
   * Returns the place for something that is to be made of what lies at {@code source}: of a file a
   * file; of an image a layout if the text is a path, else a registry.
   *
   * @throws IllegalArgumentException if the text names no place
   */
  static Place wanted(String text, Place source) {
    if (isPrefixed(text)) {
      return prefixed(text);
    }
    if (source instanceof File) {
      return new File(Path.of(text));
    }
    return isPath(text) || Files.isDirectory(Path.of(text)) || Files.isDirectory(untagged(text))
        ? layout(text)
        : new Registry(ImageReference.parse(text));
  }

  private static boolean isPrefixed(String text) {
    return text.startsWith(LAYOUT_PREFIX) || text.startsWith(REGISTRY_PREFIX);
  }

  private static Place prefixed(String text) {
    return text.startsWith(LAYOUT_PREFIX)
        ? layout(text.substring(LAYOUT_PREFIX.length()))
        : new Registry(ImageReference.parse(text.substring(REGISTRY_PREFIX.length())));
  }

  private static boolean isPath(String text) {
    return text.startsWith("/") || text.startsWith("./") || text.startsWith("../");
  }

  private static Layout layout(String text) {
    var directory = untagged(text);
    return Files.isDirectory(Path.of(text)) || directory.toString().length() == text.length()
        ? new Layout(Path.of(text), Optional.empty())
        : new Layout(directory, Optional.of(text.substring(text.lastIndexOf(':') + 1)));
  }

  /** Returns the text without what follows a colon in its last component. */
  private static Path untagged(String text) {
    int colon = text.lastIndexOf(':');
    return Path.of(colon > text.lastIndexOf('/') && colon > 0 ? text.substring(0, colon) : text);
  }
}
