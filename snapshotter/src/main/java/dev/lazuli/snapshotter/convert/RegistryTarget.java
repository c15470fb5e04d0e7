package dev.lazuli.snapshotter.convert;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryPush;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A registry to write to. A blob is written to a scratch file first: then its size and digest are
 * known, so that one request sends it, a failed one can be repeated, and none is needed where the
 * registry has it already.
 */
final class RegistryTarget implements ImageTarget {
  private final ImageReference reference;
  private final RegistryPush push;
  private final Path scratch;

  /**
   * @param reference of the image to be made; it must have a tag
   * @param scratch directory for blobs on their way
   */
  RegistryTarget(RegistryClient client, ImageReference reference, Path scratch) {
    if (reference.tag() == null || reference.digest() != null) {
      throw new IllegalArgumentException(
          "an image is made under a tag, not a digest: " + reference);
    }
    this.reference = reference;
    this.push = client.push(reference);
    this.scratch = scratch;
  }

  @Override
  public Path newFile() throws IOException {
    var file = Files.createTempFile(scratch, "lazuli-convert-", ".blob");
    file.toFile().deleteOnExit(); // also if a signal ends us
    return file;
  }

  @Override
  public void add(Digest digest, long size, Path file) throws IOException {
    var _ = push.blob(digest, size, new FileBlob(file), null);
    Files.delete(file);
  }

  @Override
  public void add(Digest digest, byte[] bytes) throws IOException {
    var _ = push.blob(digest, bytes.length, new BytesBlob(bytes), null);
  }

  @Override
  public void copy(Descriptor blob, ImageSource from) throws IOException {
    var _ = push.blob(blob.digest(), blob.size(), from.blob(blob), mountable(from));
  }

  private @Nullable String mountable(ImageSource from) {
    return from instanceof RegistryImage image
            && image.reference().registry().equals(reference.registry())
            && !image.reference().repository().equals(reference.repository())
        ? image.reference().repository()
        : null;
  }

  @Override
  public void addManifest(Descriptor descriptor, byte[] bytes) throws IOException {
    var _ = push.manifest(descriptor.digest().toString(), descriptor.mediaType(), bytes);
  }

  @Override
  public String publish(Descriptor descriptor, byte[] bytes, String suffix) throws IOException {
    var name = RegistryImage.suffixed(reference, suffix);
    var _ = push.manifest(String.valueOf(name.tag()), descriptor.mediaType(), bytes);
    return name.toString();
  }
}
