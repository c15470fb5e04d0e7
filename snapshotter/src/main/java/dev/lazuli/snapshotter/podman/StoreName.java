package dev.lazuli.snapshotter.podman;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.ImageReference;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * A layer as its asker names it in a path of the store: {@code BASE64(reference)/sha256:...}. There
 * is one way only to write each name; whatever is written otherwise names nothing.
 *
 * @param image the image's reference, in its full form
 * @param toc the digest that the image's manifest gives of the layer's table of contents
 */
record StoreName(String image, Digest toc) {
  /** A name of a directory holds 255 bytes, and so 191 of the reference. */
  private static final int MAX_NAME = 255;

  /** Reads the two names; empty if one of them can be no name of the store. */
  static Optional<StoreName> parse(String image, String layer) {
    return reference(image)
        .flatMap(reference -> toc(layer).map(digest -> new StoreName(reference, digest)));
  }

  /** Returns the reference that a directory's name stands for. */
  static Optional<String> reference(String name) {
    if (name.isEmpty() || name.length() > MAX_NAME) {
      return Optional.empty();
    }
    try {
      byte[] written = name.getBytes(US_ASCII);
      byte[] bytes = Base64.getDecoder().decode(written);
      var reference = new String(bytes, ISO_8859_1);
      boolean isCanonical =
          Arrays.equals(Base64.getEncoder().encode(bytes), written)
              && ImageReference.parse(reference).toString().equals(reference);
      return isCanonical ? Optional.of(reference) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Returns the digest that a directory's name is. */
  static Optional<Digest> toc(String name) {
    try {
      var digest = Digest.parseSha256(name);
      return digest.toString().equals(name) ? Optional.of(digest) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Returns the name of the image's directory. */
  String directory() {
    return Base64.getEncoder().encodeToString(image.getBytes(US_ASCII));
  }

  @Override
  public String toString() {
    return image + " " + toc;
  }
}
