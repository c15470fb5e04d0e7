package dev.lazuli.snapshotter.bench;

import java.util.List;
import java.util.Locale;

/**
 * What it took to pull an image and read a share of it, once.
 *
 * @param image the image's name
 * @param link as {@link Bed#link} reads it
 * @param order random or sequential
 * @param share of the image's bytes, in percent
 * @param way who pulled, as tables name it
 * @param seconds from the pull to the last byte read
 * @param megabytes that the registry had sent by then
 * @param requests that it had got by then
 */
record DensityPoint(
    String image,
    String link,
    String order,
    int share,
    String way,
    double seconds,
    double megabytes,
    double requests) {
  private static final int FIELDS = 8;

  /** Returns a line for a file of results. */
  String line() {
    return String.format(
        Locale.ROOT,
        "%s\t%s\t%s\t%d\t%s\t%.3f\t%.3f\t%.0f",
        image,
        link,
        order,
        share,
        way,
        seconds,
        megabytes,
        requests);
  }

  /**
   * Reads what {@link #line} returned.
   *
   * @throws IllegalArgumentException if it is something else
   */
  static DensityPoint parse(String line) {
    var fields = List.of(line.split("\t", -1));
    if (fields.size() != FIELDS) {
      throw new IllegalArgumentException("no result: " + line);
    }
    return new DensityPoint(
        fields.get(0),
        fields.get(1),
        fields.get(2),
        Integer.parseInt(fields.get(3)),
        fields.get(4),
        Double.parseDouble(fields.get(5)),
        Double.parseDouble(fields.get(6)),
        Double.parseDouble(fields.get(7)));
  }

  /** Returns what a picture of its own is drawn for. */
  String panel() {
    return image + ", " + order + ", " + Bed.linkTitle(link);
  }
}
