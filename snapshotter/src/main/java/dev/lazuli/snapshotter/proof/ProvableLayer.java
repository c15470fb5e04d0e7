package dev.lazuli.snapshotter.proof;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerProof;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.compare.ShownTree;
import java.io.IOException;
import java.util.List;

/** A layer in use, as its proof needs it. Safe for use by several threads. */
public interface ProvableLayer {
  /** Returns the digest of the layer's blob. */
  Digest digest();

  /** Returns the name of the registry that it came from. */
  String registry();

  /**
   * Returns a handle on what is stored, the caller's to close.
   *
   * @throws IOException if the layer is not in use any more
   */
  @MustBeClosed
  LayerData share() throws IOException;

  /**
   * Returns what the layer shows, the caller's to close.
   *
   * @param data a handle of {@link #share}, open as long as the tree is
   */
  @MustBeClosed
  ShownTree tree(LayerData data) throws IOException;

  /**
   * Returns the layer's blob as each registry has it whose images may have the layer, at least one.
   *
   * @throws IOException if they cannot be told
   */
  List<BlobSource> blobs() throws IOException;

  /** Says that a pass has made a chunk present. */
  void arrived(int chunk);

  /** Says that content could not be stored; it is left to be fetched later. */
  void notStored(IOException reason);

  /** Says what was found, after it was recorded. */
  void proved(LayerProof proof);

  /** Says that the blob could not be read whole now; it will be tried again. */
  void putOff(String reason);
}
