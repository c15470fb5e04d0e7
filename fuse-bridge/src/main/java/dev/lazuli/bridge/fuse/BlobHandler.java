package dev.lazuli.bridge.fuse;

/**
 * Answers the kernel's reads of layers' data files. Called by several request loops at once.
 *
 * <p>Neither method may block on the network or on a lock that is held for long: while it runs, its
 * loop reads no other request. Reading local files is fine.
 */
public interface BlobHandler {
  /**
   * Returns the size in bytes of a layer's data file, or -1 if there is no such layer. It is asked
   * on every read and must be cheap; a slot's size never changes.
   */
  long size(long slot);

  /**
   * Starts a read, and answers it now or later through {@code reply}. Whatever this throws becomes
   * {@code EIO}.
   *
   * @param slot a layer for which {@link #size} is not -1
   * @param offset first byte wanted
   * @param length bytes wanted, at least 1 and at most 1 MiB; within the layer's size
   */
  void read(long slot, long offset, int length, ReadReply reply);
}
