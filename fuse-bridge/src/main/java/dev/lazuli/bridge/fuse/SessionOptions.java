package dev.lazuli.bridge.fuse;

/**
 * How much a session may use, and of what.
 *
 * @param loops threads that read requests, for the blobs and again for the trees; 1 to 64. As many
 *     as there are processors, but no more than 4, is right; each takes 1 MiB
 * @param replyBuffers how many late replies are written at once, 1 to 1024; each takes 1 MiB once
 *     needed
 * @param resend whether the kernel may be asked, where it can, to send requests again that a dead
 *     process took. False treats every kernel as one that cannot, for tests
 */
public record SessionOptions(int loops, int replyBuffers, boolean resend) {
  public SessionOptions {
    if (loops < 1 || loops > 64) {
      throw new IllegalArgumentException("loops: " + loops);
    }
    if (replyBuffers < 1 || replyBuffers > 1024) {
      throw new IllegalArgumentException("reply buffers: " + replyBuffers);
    }
  }

  /** Returns two loops and four reply buffers: at most 8 MiB with trees, 6 MiB without. */
  public static SessionOptions defaults() {
    return new SessionOptions(2, 4, true);
  }

  /** Returns these options, with the kernel treated as one that cannot resend requests. */
  public SessionOptions withoutResend() {
    return new SessionOptions(loops, replyBuffers, false);
  }
}
