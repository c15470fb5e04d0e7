package dev.lazuli.bridge.fuse;

/**
 * The answer that one read waits for. Exactly one of {@link #send} and {@link #fail} is called, by
 * any thread, at any time; a second call throws {@link IllegalStateException}. Once the read was
 * given up (its reader was killed, or the session ended), both do nothing.
 */
public interface ReadReply {
  /**
   * Answers with content. On the thread that called {@link BlobHandler#read}, and before that call
   * returns, this uses the request loop's own buffer; later or elsewhere it takes one from a
   * bounded pool and waits while there is none.
   *
   * @param reader called once, before this returns; not called if the read was given up
   */
  void send(ContentReader reader);

  /**
   * Answers with content, or not yet: where the reader throws {@link ContentGoneException} the read
   * goes on waiting, and must be answered by another call. Otherwise as {@link #send}.
   *
   * @return false if the read still waits for its answer
   */
  boolean offer(ContentReader reader);

  /**
   * Answers with an error.
   *
   * @param errno a positive error number, see {@link dev.lazuli.bridge.kernel.Errno}
   */
  void fail(int errno);

  /**
   * Runs {@code action} when no reader waits for this read any more, so that work done for it alone
   * can stop; at once if that is already so. It runs on a thread of the bridge and must not block.
   * There is room for one action: a later one replaces it.
   */
  void onInterrupt(Runnable action);
}
