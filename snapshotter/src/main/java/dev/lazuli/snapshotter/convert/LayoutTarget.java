package dev.lazuli.snapshotter.convert;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.Descriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An OCI layout to write to. */
record LayoutTarget(ImageLayout layout, String tag) implements ImageTarget {
  @Override
  public Path newFile() throws IOException {
    return layout.newFile();
  }

  @Override
  public void add(Digest digest, long size, Path file) throws IOException {
    layout.add(digest, file);
  }

  @Override
  public void add(Digest digest, byte[] bytes) throws IOException {
    layout.add(digest, bytes);
  }

  @Override
  public void copy(Descriptor blob, ImageSource from) throws IOException {
    var file = newFile();
    try (var in = new CheckedInput(from.blob(blob), blob.digest(), blob.size());
        var out = Files.newOutputStream(file)) {
      in.transferTo(out);
      in.finish();
      add(blob.digest(), blob.size(), file);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  @Override
  public void addManifest(Descriptor descriptor, byte[] bytes) throws IOException {
    layout.add(descriptor.digest(), bytes);
  }

  @Override
  public String publish(Descriptor descriptor, byte[] bytes, String suffix) throws IOException {
    layout.add(descriptor.digest(), bytes);
    layout.tag(tag + suffix, descriptor);
    return layout + ":" + tag + suffix;
  }
}
