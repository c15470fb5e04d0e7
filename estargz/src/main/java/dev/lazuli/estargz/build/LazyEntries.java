package dev.lazuli.estargz.build;

import java.util.Set;

/** The entries that only mean something in the lazy layer they came from. */
final class LazyEntries {
  static final String PREFETCH_LANDMARK = ".prefetch.landmark";
  static final String NO_PREFETCH_LANDMARK = ".no.prefetch.landmark";

  private static final Set<String> PATHS =
      Set.of(BlobEnd.TOC_NAME, PREFETCH_LANDMARK, NO_PREFETCH_LANDMARK);

  private LazyEntries() {}

  /** Returns whether the entry of that path is one of them. */
  static boolean contain(String path) {
    return PATHS.contains(path);
  }
}
