package dev.lazuli.estargz;

/** The layer's table of contents is in another blob, and whoever opens the layer did not say it. */
public final class ExternalTocException extends LayerFormatException {
  private static final long serialVersionUID = 1;

  /**
   * @param layer which layer, usually its digest
   */
  public ExternalTocException(String layer) {
    super(layer, "TOC", "in another blob", "given with the request");
  }
}
