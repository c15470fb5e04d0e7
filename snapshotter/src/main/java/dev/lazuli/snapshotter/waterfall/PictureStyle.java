package dev.lazuli.snapshotter.waterfall;

/**
 * What a terminal can show.
 *
 * @param width columns
 * @param rows lines for files, before they are folded
 * @param unicode whether block characters can be printed
 * @param colours whether colours are welcome
 */
public record PictureStyle(int width, int rows, boolean unicode, boolean colours) {
  private static final int LEAST_WIDTH = 60;

  /** What may be written anywhere: 100 columns of ASCII. */
  public static final PictureStyle PLAIN = new PictureStyle(100, 40, false, false);

  /** Widens what is too narrow for a picture. */
  public PictureStyle {
    width = Math.max(LEAST_WIDTH, width);
    rows = Math.max(4, rows);
  }
}
