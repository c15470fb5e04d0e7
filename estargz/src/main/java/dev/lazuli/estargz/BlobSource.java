package dev.lazuli.estargz;

import java.io.IOException;
import java.util.List;

/** A layer blob that can be read by ranges: a registry's blob, a local file, or bytes in a test. */
public interface BlobSource {
  /** Returns the blob's size in bytes, as its descriptor or the server states it. */
  long size() throws IOException;

  /**
   * Returns who gives the blob, such as a registry's name; its mirrors count as that registry.
   * Sources of the same origin share a link. Empty if there is nothing to tell them apart by.
   */
  default String origin() {
    return "";
  }

  /**
   * Opens {@code length} bytes from {@code offset}. The stream delivers exactly that many bytes or
   * fails.
   *
   * @param offset first byte, 0 to {@link #size()}
   * @param length bytes wanted, at least 1; {@code offset + length} is at most {@link #size()}
   * @throws IOException if the range cannot be opened; the message names the blob and the range
   */
  BlobStream open(long offset, long length) throws IOException;

  /**
   * Returns whether a range costs what it holds, and not all of the blob before it as well. May ask
   * the source.
   *
   * @throws IOException if the source cannot be asked
   */
  default boolean acceptsRanges() throws IOException {
    return true;
  }

  /**
   * Opens the end of the blob. A source that does not know the blob's size learns it on the way,
   * where that saves asking for it first.
   *
   * @param most bytes wanted, at least 1; a smaller blob comes whole
   * @throws IOException if it cannot be opened
   */
  default BlobTail openTail(long most) throws IOException {
    return BlobTail.of(this, most);
  }

  /**
   * Returns how many ranges are worth opening together: 1 where each takes a request of its own.
   * May change as the source learns what it can do; what is not known yet counts as able.
   */
  default int rangesAtOnce() {
    return 1;
  }

  /**
   * Opens several ranges, which are delivered one after the other: together where the source can do
   * that, otherwise each when it is reached. The only difference for the caller is the time it
   * takes.
   *
   * @param ranges ascending, without overlap, 1 to {@link #rangesAtOnce} of them
   * @throws IOException if they cannot be opened
   */
  default BlobRanges open(List<ByteRange> ranges) throws IOException {
    return new SingleRanges(this, ranges);
  }

  /**
   * Tells that bytes of the range were not what the layer's index promises, though the transport
   * delivered them without an error. A source that has the blob from several places asks the one
   * that delivered them last, from now on. By default nothing happens.
   */
  default void wrongBytes(long offset, long length) {}

  /**
   * Tells that the range was not delivered to its end: nobody answered in time, or the bytes
   * stopped or came too slowly. A source that has the blob from several places asks others first,
   * for a while. By default nothing happens.
   */
  default void brokeOff(long offset, long length) {}
}
