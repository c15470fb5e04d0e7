package dev.lazuli.bridge.fuse;

/**
 * What INIT settled for the life of a connection, which may be longer than that of a process.
 *
 * @param minor the protocol's minor version
 * @param flags the {@code FUSE_*} bits that both sides use, the header's second word in the upper
 *     half
 * @param maxReadBytes the longest read that the kernel may ask for
 */
record Negotiated(int minor, long flags, int maxReadBytes) {
  /**
   * Returns whether the kernel sends requests again that a former process took; Linux 6.9 and newer
   * can.
   */
  boolean canResend() {
    return (flags & Protocol.HAS_RESEND) != 0;
  }
}
