package dev.lazuli.estargz.toc;

import static java.nio.charset.StandardCharsets.US_ASCII;

/**
 * The entries at the root of a lazy layer that are meant for its readers: its table of contents,
 * and how much of it is worth fetching at once. They are hidden.
 */
final class Landmarks {
  private static final byte[] PREFETCH = ".prefetch.landmark".getBytes(US_ASCII);
  private static final byte[] NO_PREFETCH = ".no.prefetch.landmark".getBytes(US_ASCII);
  private static final byte[] TOC = "stargz.index.json".getBytes(US_ASCII);

  private long prefetchEnd = -1;
  private boolean noPrefetch;
  private boolean showsAll;
  private boolean hasTaken;

  /** Takes no entry from now on: all are shown, as unpacking the tar does. */
  void showAll() {
    showsAll = true;
  }

  /** Takes an entry if it is one of these; returns whether it is. */
  boolean take(CleanPath path, TocEntry entry) {
    if (showsAll || path.depth() != 1) {
      return false;
    }
    boolean taken = isOne(path, entry);
    hasTaken |= taken;
    return taken;
  }

  private boolean isOne(CleanPath path, TocEntry entry) {
    if (entry.kind == EntryKind.REGULAR && path.is(0, PREFETCH)) {
      prefetchEnd = entry.blobOffset;
      return true;
    }
    if (entry.kind == EntryKind.REGULAR && path.is(0, NO_PREFETCH)) {
      noPrefetch = true;
      return true;
    }
    return path.is(0, TOC);
  }

  /** Returns whether an entry was taken. */
  boolean hasTaken() {
    return hasTaken;
  }

  /** Returns where prefetch ends in the blob: 0 for none wanted, -1 if the layer does not say. */
  long prefetchEnd() {
    return noPrefetch ? 0 : prefetchEnd;
  }
}
