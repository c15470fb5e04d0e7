package dev.lazuli.snapshotter.layers;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.proof.Finding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** One claim on a mounted layer, held by one snapshot. Safe for use by several threads. */
public interface RemoteLayer extends AutoCloseable {
  /** Returns the digest of the layer's blob. */
  Digest digest();

  /** Returns the request that mounts the layer again, with what had to be looked up for it. */
  LayerRequest request();

  /**
   * Returns the mounted directory to name in an overlay's {@code lowerdir} from now on. It may
   * change over time, from the lazy mount to the local one once the layer is complete; every path
   * ever returned stays mounted until {@link #close}. The path contains neither {@code ':'} nor
   * {@code ','} nor a backslash.
   */
  Path lowerDir();

  /** Returns the layer's root as its metadata image has it; nothing is fetched to read it. */
  LayerEntry.Directory root();

  /**
   * Returns whether the layer may have something in directories without saying what their
   * attributes are; see {@link LayerEntry.AttributeSource}.
   */
  boolean mayImplyDirectories() throws IOException;

  /** Returns what reading the layer's whole blob has shown; empty before it was read. */
  Optional<Finding> finding();

  /**
   * Says that the layer, whose whole blob was read, is what its image says: a snapshot was made of
   * it. Neither waits nor throws.
   */
  void confirmed();

  /** Returns whether an image is of a repository that is known to have the layer. */
  boolean isSharedWith(String reference);

  /** Returns whether all of the layer's content is on this node's disk. */
  boolean complete();

  /**
   * Returns normally when the layer's content can be read: at once when it is complete or was used
   * recently, otherwise after asking the registry.
   *
   * @throws IOException when missing content could not be fetched now
   * @throws InterruptedException when the caller no longer waits
   */
  void check() throws IOException, InterruptedException;

  /** Returns what the layer takes on this node's disk now; it grows while content arrives. */
  Usage usage() throws IOException;

  /**
   * Gives the claim up; the layer is unmounted after the last one. Idempotent. The service calls it
   * when the snapshot is gone, never because the daemon stops.
   */
  @Override
  void close();
}
