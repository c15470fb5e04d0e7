package dev.lazuli.snapshotter.bench;

import com.google.errorprone.annotations.FormatMethod;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/** Draws results as SVG: a small picture for each image, order and link, a line for each way. */
final class DensityCurves {
  private static final int COLUMNS = 3;
  private static final int WIDTH = 300;
  private static final int HEIGHT = 220;
  private static final int LEFT = 42;
  private static final int TOP = 30;
  private static final int RIGHT = 14;
  private static final int BOTTOM = 30;
  private static final int LEGEND = 30;
  private static final int LEGEND_STEP = 220;

  /** Dark enough on white, and different in brightness too. */
  private static final List<String> COLOURS =
      List.of("#777777", "#1f4fa3", "#d9822b", "#2f8f5b", "#a23b72");

  private final DensityResults results;
  private final StringBuilder svg = new StringBuilder();

  private DensityCurves(DensityResults results) {
    this.results = results;
  }

  /** Returns the picture. */
  static String draw(DensityResults results) {
    return new DensityCurves(results).draw();
  }

  private String draw() {
    var panels = results.panels();
    int rows = (panels.size() + COLUMNS - 1) / COLUMNS;
    int width = Math.max(COLUMNS * WIDTH, results.ways().size() * LEGEND_STEP);
    add(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
            + " font-family=\"sans-serif\" font-size=\"11\">",
        width, LEGEND + rows * HEIGHT);
    add("<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
    legend();
    for (int i = 0; i < panels.size(); i++) {
      add("<g transform=\"translate(%d,%d)\">", i % COLUMNS * WIDTH, LEGEND + i / COLUMNS * HEIGHT);
      panel(panels.get(i));
      add("</g>");
    }
    add("</svg>");
    return svg.toString();
  }

  private void legend() {
    int x = LEFT;
    for (var way : results.ways()) {
      add(
          "<path d=\"M%d 15h24\" stroke=\"%s\" stroke-width=\"2\"/>"
              + "<text x=\"%d\" y=\"19\">%s</text>",
          x, colour(way), x + 30, way);
      x += LEGEND_STEP;
    }
  }

  private void panel(String panel) {
    double most =
        results.ways().stream()
            .flatMap(way -> results.curve(panel, way).values().stream())
            .mapToDouble(Double::doubleValue)
            .max()
            .orElse(1);
    double step = step(most);
    double top = Math.ceil(most / step) * step;
    add("<text x=\"%d\" y=\"18\" font-weight=\"bold\">%s</text>", LEFT, panel);
    for (double seconds = 0; seconds <= top; seconds += step) {
      add(
          "<path d=\"M%d %.1fh%d\" stroke=\"#dddddd\"/>"
              + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s s</text>",
          LEFT,
          y(seconds, top),
          WIDTH - LEFT - RIGHT,
          LEFT - 4,
          y(seconds, top) + 4,
          seconds == Math.rint(seconds) ? Long.toString((long) seconds) : Double.toString(seconds));
    }
    for (int share : List.of(0, 20, 50, 80, 100)) {
      add(
          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d%%</text>",
          x(share), HEIGHT - BOTTOM + 15, share);
    }
    results.ways().forEach(way -> curve(panel, way, top));
  }

  private void curve(String panel, String way, double top) {
    var path = new StringBuilder();
    for (var point : new TreeMap<>(results.curve(panel, way)).entrySet()) {
      double x = x(point.getKey());
      double y = y(point.getValue(), top);
      path.append(String.format(Locale.ROOT, "%s%.1f %.1f", path.isEmpty() ? "M" : "L", x, y));
      add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>", x, y, colour(way));
    }
    if (!path.isEmpty()) {
      add("<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>", path, colour(way));
    }
  }

  private static double x(int share) {
    return LEFT + share / 100.0 * (WIDTH - LEFT - RIGHT);
  }

  private static double y(double seconds, double top) {
    return HEIGHT - BOTTOM - seconds / top * (HEIGHT - TOP - BOTTOM);
  }

  /** Returns 1, 2 or 5 times a power of ten, so that there are about five lines. */
  private static double step(double most) {
    double power = Math.pow(10, Math.floor(Math.log10(most / 5)));
    double times = most / 5 / power;
    return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
  }

  private String colour(String way) {
    return COLOURS.get(results.ways().indexOf(way) % COLOURS.size());
  }

  @FormatMethod
  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
