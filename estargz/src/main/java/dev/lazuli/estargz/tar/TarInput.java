package dev.lazuli.estargz.tar;

import java.io.InputStream;

/**
 * A tar whose bytes are looked at while they are read. What is skipped counts as read. For one
 * thread.
 */
public abstract class TarInput extends InputStream {
  /** For subclasses. */
  protected TarInput() {}

  /**
   * Returns how many times so far bytes other than zero were read that belong to no chunk of the
   * layer's table. It grows with every such stretch, however long: whoever looks before and after
   * the content of a file knows whether the table leaves any of it out.
   */
  public abstract long strayReads();
}
