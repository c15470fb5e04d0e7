package dev.lazuli.snapshotter.knowledge;

import java.io.IOException;
import java.util.Optional;

/**
 * Where indexes come from of layers whose image names none, other than those that this node has
 * kept: somebody else has made them. {@link IndexSources} asks one source after the other, the most
 * trusted first, before a layer is pulled whole. Safe for use by several threads.
 *
 * <p>What a source finds is a claim. It may make a layer unreadable, but not this node: everything
 * is bounded before it is worked on, and the metadata image is always written here. The proof later
 * compares the layer with its blob, and bans the index if it lied.
 */
public interface IndexSource {
  /** Returns what logs call it, such as {@code "side repository"}. */
  String name();

  /**
   * Looks for an index of a layer. It is asked for each layer of an image, often, and before every
   * first mount, so it remembers what it was told of an image, also that there is nothing. The
   * index itself is fetched only by {@link FoundIndex#addTo}.
   *
   * @return empty if there is none, or none that may be believed for this image
   * @throws IOException if that cannot be found out now; the next source is asked
   * @throws InterruptedException if it took longer than {@link IndexSources} waits
   */
  Optional<FoundIndex> find(IndexQuery query) throws IOException, InterruptedException;
}
