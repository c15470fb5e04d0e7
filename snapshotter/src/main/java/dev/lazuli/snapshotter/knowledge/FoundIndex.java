package dev.lazuli.snapshotter.knowledge;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.LayerData;
import dev.lazuli.digest.Digest;
import java.io.IOException;

/** An index of a layer that a {@link IndexSource source} has. For one thread. */
public interface FoundIndex {
  /**
   * Returns what stands for this index and no other, as the digest of a table of contents does: the
   * SHA-256 of its bytes, which {@link #addTo} compares. A layer that was made by it has it as
   * {@code tocDigest} in its record and its requests; by it two images see that they mean the same,
   * and by it the index is banned if it lied.
   */
  Digest digest();

  /** Returns the registry that sends it. */
  String registry();

  /** Returns how many bytes it says that it has. */
  long bytes();

  /**
   * Fetches the index, and adds the layer to the store with no content and not proved.
   *
   * @return a handle on the layer, the caller's to close
   * @throws IOException if the index cannot be had or is not one; nothing is left of it
   * @throws InterruptedException if it took longer than {@link IndexSources} waits
   */
  @MustBeClosed
  LayerData addTo(IndexAssembly assembly) throws IOException, InterruptedException;
}
