package dev.lazuli.snapshotter.convert;

import dev.lazuli.registry.model.ImageReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Where an image or a layer is, as people type it: {@code oci:DIR[:TAG]}, {@code docker://REF}, or
 * without a prefix whatever fits best.
 */
public sealed interface ImagePlace {
  /** A layer's blob in a file. */
  record File(Path path) implements ImagePlace {
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
  record Layout(Path directory, Optional<String> tag) implements ImagePlace {
    @Override
    public String toString() {
      return directory + tag.map(name -> ":" + name).orElse("");
    }
  }

  /** A registry. */
  record Registry(ImageReference reference) implements ImagePlace {
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
   * Returns the place of something that is there: a file or a layout if there is one, otherwise a
   * registry.
   *
   * @throws IllegalArgumentException if the text names no place
   */
  static ImagePlace existing(String text) {
    if (isPrefixed(text)) {
      return prefixed(text);
    }
    if (Files.isRegularFile(Path.of(text))) {
      return new File(Path.of(text));
    }
    var known = existingLayout(text);
    if (known.isPresent()) {
      return known.get();
    }
    if (isPath(text)) {
      throw new IllegalArgumentException("no such file or directory: " + text);
    }
    return new Registry(ImageReference.parse(text));
  }

  /**
   * Returns the place for something that is to be made of what lies at {@code source}: of a file a
   * file; of an image a layout if the text is a path, otherwise a registry.
   *
   * @throws IllegalArgumentException if the text names no place
   */
  static ImagePlace wanted(String text, ImagePlace source) {
    if (isPrefixed(text)) {
      return prefixed(text);
    }
    if (source instanceof File) {
      return new File(Path.of(text));
    }
    return isPath(text) || existingLayout(text).isPresent()
        ? layout(text)
        : new Registry(ImageReference.parse(text));
  }

  private static boolean isPrefixed(String text) {
    return text.startsWith(LAYOUT_PREFIX) || text.startsWith(REGISTRY_PREFIX);
  }

  private static ImagePlace prefixed(String text) {
    return text.startsWith(LAYOUT_PREFIX)
        ? layout(text.substring(LAYOUT_PREFIX.length()))
        : new Registry(ImageReference.parse(text.substring(REGISTRY_PREFIX.length())));
  }

  private static boolean isPath(String text) {
    return text.startsWith("/") || text.startsWith("./") || text.startsWith("../");
  }

  private static Layout layout(String text) {
    return existingLayout(text).orElseGet(() -> split(text, newDirectory(text)));
  }

  /**
   * Returns the layout that is there. Tags may be whole names with colons and slashes of their own,
   * so each colon may be the one that ends the directory; the last that does wins.
   */
  private static Optional<Layout> existingLayout(String text) {
    if (Files.isDirectory(Path.of(text))) {
      return Optional.of(new Layout(Path.of(text), Optional.empty()));
    }
    if (Files.isDirectory(Path.of(untagged(text)))) {
      return Optional.of(split(text, untagged(text)));
    }
    return prefixes(text)
        .filter(directory -> Files.isRegularFile(Path.of(directory, "oci-layout")))
        .findFirst()
        .map(directory -> split(text, directory));
  }

  /**
   * Returns the directory of a layout that is to be made in the deepest directory that is there.
   */
  private static String newDirectory(String text) {
    var directory =
        Stream.concat(Stream.of(untagged(text)), prefixes(text))
            .filter(prefix -> Files.isDirectory(parent(prefix)))
            .findFirst()
            .orElse(untagged(text));
    int colon = directory.indexOf(':', directory.lastIndexOf('/') + 1);
    return colon > 0 ? directory.substring(0, colon) : directory;
  }

  private static Path parent(String directory) {
    var parent = Path.of(directory).toAbsolutePath().getParent();
    return parent == null ? Path.of("/") : parent;
  }

  /** Returns what lies before each colon, the longest first. */
  private static Stream<String> prefixes(String text) {
    return IntStream.iterate(
            text.lastIndexOf(':'), colon -> colon > 0, colon -> text.lastIndexOf(':', colon - 1))
        .mapToObj(colon -> text.substring(0, colon));
  }

  private static Layout split(String text, String directory) {
    return new Layout(
        Path.of(directory),
        directory.length() == text.length()
            ? Optional.empty()
            : Optional.of(text.substring(directory.length() + 1)));
  }

  /** Returns the text without what follows a colon in its last component. */
  private static String untagged(String text) {
    int colon = text.lastIndexOf(':');
    return colon > text.lastIndexOf('/') && colon > 0 ? text.substring(0, colon) : text;
  }
}
