package dev.lazuli.snapshotter.proof;

import java.util.List;

/**
 * Which layers are proved, and what waits for it.
 *
 * @param enabled whether any layer is
 * @param skip registries ({@code registry.example:5000}) and repositories ({@code
 *     registry.example/team/app}, {@code registry.example/team/}) whose layers are not
 * @param beforeLocal whether a complete layer is mounted on its own data only once it was proved
 * @param passes most blobs read at the same time, at least 1
 */
public record ProofOptions(boolean enabled, List<String> skip, boolean beforeLocal, int passes) {
  /** Everything is proved, one blob after the other. */
  public static final ProofOptions DEFAULT = new ProofOptions(true, List.of(), true, 2);

  /** Nothing is proved. */
  public static final ProofOptions OFF = new ProofOptions(false, List.of(), false, 1);

  /** Checks the range and copies the list. */
  public ProofOptions {
    skip = List.copyOf(skip);
    if (passes < 1) {
      throw new IllegalArgumentException(passes + " passes at a time");
    }
  }

  /**
   * Returns whether a layer is to be proved.
   *
   * @param reference the image that brought it, as its client wrote it
   */
  public boolean wants(String reference) {
    return enabled && skip.stream().noneMatch(entry -> covers(entry, reference));
  }

  /** A name covers what goes on behind it with a slash, a tag or a digest. */
  private static boolean covers(String entry, String reference) {
    if (entry.isEmpty() || !reference.startsWith(entry)) {
      return false;
    }
    if (entry.endsWith("/") || reference.length() == entry.length()) {
      return true;
    }
    char next = reference.charAt(entry.length());
    // "host" must not cover "host:5000/...", another registry: a tag has no slash behind it.
    return next == '/'
        || next == '@'
        || (next == ':' && reference.indexOf('/', entry.length()) < 0);
  }
}
