package dev.lazuli.snapshotter.convert;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.Descriptor;
import java.io.IOException;
import java.nio.file.Path;

/** Where an image goes: blobs first, then what names them. Safe for any thread. */
public interface ImageTarget {
  /** Returns a new file for a blob to grow in; whoever asked deletes it if it is not added. */
  Path newFile() throws IOException;

  /** Adds a blob that was written to a file of {@link #newFile}, which is gone afterwards. */
  void add(Digest digest, long size, Path file) throws IOException;

  /** Adds a small blob. */
  void add(Digest digest, byte[] bytes) throws IOException;

  /** Adds a blob of another image as it is. */
  void copy(Descriptor blob, ImageSource from) throws IOException;

  /** Adds a manifest or index that another one names. */
  void addManifest(Descriptor descriptor, byte[] bytes) throws IOException;

  /**
   * Adds a manifest or index and gives it the image's name.
   *
   * @param suffix what the tag ends with, mostly nothing
   * @return the whole name
   */
  String publish(Descriptor descriptor, byte[] bytes, String suffix) throws IOException;
}
