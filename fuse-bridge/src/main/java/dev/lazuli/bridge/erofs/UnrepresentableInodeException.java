package dev.lazuli.bridge.erofs;

import java.io.IOException;

/**
 * Says that a source cannot be written as an EROFS image: an inode exceeds a limit of Linux or of
 * the format, or the tree contradicts itself.
 */
public final class UnrepresentableInodeException extends IOException {
  private static final long serialVersionUID = 1;

  private final int inode;

  UnrepresentableInodeException(int inode, String message) {
    super("inode " + inode + ": " + message);
    this.inode = inode;
  }

  /** Returns the inode's number in the source. */
  public int inode() {
    return inode;
  }
}
