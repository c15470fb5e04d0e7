package dev.lazuli.estargz.tar;

import dev.lazuli.estargz.ForeignText;
import java.io.IOException;

/** A tar is broken, or holds something that a lazy layer cannot. */
public final class TarFormatException extends IOException {
  private static final long serialVersionUID = 1;

  /**
   * @param entry the entry's name, as far as it is known
   * @param offset where its header starts in the tar
   */
  TarFormatException(String entry, long offset, String problem) {
    super(
        "tar entry "
            + ForeignText.shown(entry)
            + " at offset "
            + offset
            + ": "
            + ForeignText.shown(problem));
  }

  /** For bytes that are not a tar at all. */
  public TarFormatException(String problem) {
    super(problem);
  }
}
