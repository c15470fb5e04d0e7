package dev.lazuli.snapshotter.waterfall;

import static dev.lazuli.snapshotter.waterfall.Markup.escaped;
import static dev.lazuli.snapshotter.waterfall.Markup.px;

import dev.lazuli.snapshotter.waterfall.Row.Bar;
import dev.lazuli.snapshotter.waterfall.Row.Look;
import dev.lazuli.snapshotter.waterfall.Waterfall.Mark;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Draws a waterfall as SVG: names on the left, bars over time, figures on the right. Colours are
 * classes of the page that it stands in.
 */
final class SvgPicture {
  static final int WIDTH = 1280;
  private static final int LEFT = 410;
  private static final int RIGHT = 1120;
  private static final int ROW = 20;
  private static final int BAR = 12;
  private static final int LANE = 18;
  private static final int TICKS = 8;

  /** The most that a time on the axis takes. */
  private static final int TICK_WIDTH = 46;

  /** Characters of a label: the page's monospaced font is 7.3 wide. */
  private static final int LABEL_LENGTH = (LEFT - 16) * 10 / 73;

  /** The most that a character of a mark's label takes. */
  private static final double MARK_CHARACTER = 7.5;

  private final Waterfall waterfall;
  private final WaterfallRows rows;
  private final TimeScale scale;
  private final int number;
  private final StringBuilder svg = new StringBuilder();
  private final Set<Look> used = EnumSet.noneOf(Look.class);

  SvgPicture(Waterfall waterfall, WaterfallRows rows, TimeScale scale, int number) {
    this.waterfall = waterfall;
    this.rows = rows;
    this.scale = scale;
    this.number = number;
  }

  /** A mark's label: where it stands. */
  private record Label(Mark mark, int lane, boolean before) {}

  /** Returns the {@code svg} element. */
  String draw() {
    var labels = labels();
    int lanes = labels.stream().mapToInt(Label::lane).max().orElse(-1) + 1;
    int top = lanes * LANE + 26;
    int lines = rows.layers().size() + rows.files().size();
    int bottom = top + lines * ROW + 8;
    svg.append(
        """
        <svg viewBox="0 0 %1$d %2$d" role="img" aria-labelledby="title%3$d desc%3$d">
        <title id="title%3$d">Start of %4$s</title>
        <desc id="desc%3$d">%5$s</desc>
        """
            .formatted(
                WIDTH, bottom + 4, number, escaped(waterfall.image()), escaped(description())));
    background(top, lines);
    grid(top, bottom);
    labels.forEach(label -> line(label, bottom));
    head(top);
    rows(top);
    labels.forEach(this::words);
    return svg.append("</svg>\n").toString();
  }

  private String description() {
    var text = new StringBuilder("Files in the order in which they were needed, over time.");
    for (var fact : new StartSummary(waterfall).facts()) {
      text.append(' ').append(fact.name()).append(": ").append(fact.value()).append('.');
    }
    return text.toString();
  }

  /** Returns what bars stand for in this picture; known once it is drawn. */
  Set<Look> used() {
    return used;
  }

  private static double at(double place) {
    return LEFT + place * (RIGHT - LEFT);
  }

  private double at(long micros) {
    return at(scale.place(micros));
  }

  private void background(int top, int lines) {
    for (int line = 0; line < lines; line += 2) {
      svg.append(
          "<rect class=\"stripe\" x=\"0\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n"
              .formatted(top + line * ROW, WIDTH, ROW));
    }
    for (var pause : scale.breaks()) {
      var time = Figures.time(pause.toMicros() - pause.fromMicros());
      band("pause", pause, top, lines, "no read waited during " + time);
    }
    scale
        .tail()
        .ifPresent(
            tail -> {
              var time = Figures.time(tail.toMicros());
              band("tail", tail, top, lines, "until " + time + ", on a shorter scale");
            });
  }

  private void band(String look, TimeScale.Piece piece, int top, int lines, String words) {
    svg.append(
        "<rect class=\"%s\" x=\"%s\" y=\"%d\" width=\"%s\" height=\"%d\"><title>%s</title></rect>\n"
            .formatted(
                look,
                px(at(piece.left())),
                top,
                px(at(piece.right()) - at(piece.left())),
                lines * ROW,
                words));
  }

  private void grid(int top, int bottom) {
    for (var tick : scale.ticks(TICKS)) {
      svg.append(
          "<line class=\"grid\" x1=\"%1$s\" y1=\"%2$d\" x2=\"%1$s\" y2=\"%3$d\"/>\n"
              .formatted(px(at(tick.micros())), top - 4, bottom));
    }
  }

  private void head(int top) {
    text("head", LEFT - 10, top - 8, "end", "file");
    text("head", RIGHT + 70, top - 8, "end", "size");
    text("head", WIDTH - 8, top - 8, "end", "waited");
    double free = LEFT;
    for (var tick : scale.ticks(TICKS)) {
      double x = at(tick.micros());
      if (x >= free && x + TICK_WIDTH < RIGHT) {
        text("tick", x, top - 8, "start", tick.words());
        free = x + TICK_WIDTH + 16;
      }
    }
  }

  private void rows(int top) {
    int y = top;
    for (var row : rows.layers()) {
      row(row, "layer", y);
      y += ROW;
    }
    for (var row : rows.files()) {
      row(row, row.files() > 1 ? "fold" : "file", y);
      y += ROW;
    }
  }

  private void row(Row row, String kind, int y) {
    svg.append("<g class=\"%s\"><title>%s</title>\n".formatted(kind, escaped(hover(row))));
    svg.append(
        "<rect class=\"hit\" x=\"0\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n"
            .formatted(y, WIDTH, ROW));
    text("name", 8, y + 14, "start", shortened(row.label()));
    row.segments().forEach(segment -> bar(segment, y + (ROW - BAR) / 2));
    text("size", RIGHT + 70, y + 14, "end", Figures.size(row.bytes()));
    if (row.failed() || row.waitedMicros() > 0) {
      var words = row.failed() ? "failed" : Figures.time(row.waitedMicros());
      text(row.failed() ? "failed" : "size", WIDTH - 8, y + 14, "end", words);
    }
    svg.append("</g>\n");
  }

  private void bar(Bar segment, int y) {
    if (segment.from() > scale.endMicros()) {
      return;
    }
    used.add(segment.look());
    double left = at(segment.from());
    double width = Math.max(1.5, at(segment.to()) - left);
    boolean thin = segment.look() == Look.BACKGROUND || segment.look() == Look.WAIT;
    svg.append(
        "<rect class=\"%s\" x=\"%s\" y=\"%d\" width=\"%s\" height=\"%d\" rx=\"1.5\"/>\n"
            .formatted(
                segment.look().key(),
                px(Math.min(left, RIGHT - width)),
                thin ? y + 3 : y,
                px(width),
                thin ? BAR - 6 : BAR));
  }

  private static String hover(Row row) {
    var words = new StringBuilder(row.label()).append('\n');
    words.append(Figures.size(row.bytes()));
    if (row.waitedMicros() > 0) {
      words.append(", reads waited ").append(Figures.time(row.waitedMicros()));
    }
    for (var segment : row.segments().stream().limit(8).toList()) {
      words.append(
          "%n%s: %s to %s"
              .formatted(
                  segment.look().meaning(),
                  Figures.time(segment.from()),
                  Figures.time(segment.to())));
    }
    return words.toString();
  }

  private static String shortened(String label) {
    int length = label.codePointCount(0, label.length());
    if (length <= LABEL_LENGTH) {
      return label;
    }
    return "…" + label.substring(label.offsetByCodePoints(0, length - LABEL_LENGTH + 1));
  }

  /** Gives each mark's label a lane in which nothing else is in its way. */
  private List<Label> labels() {
    var labels = new ArrayList<Label>();
    var ends = new ArrayList<Double>();
    for (var mark : waterfall.moments()) {
      if (mark.micros() > scale.endMicros()) {
        break;
      }
      double width = words(mark).length() * MARK_CHARACTER;
      boolean before = at(mark.micros()) + width + 10 > WIDTH;
      double left = before ? at(mark.micros()) - width - 6 : at(mark.micros());
      int lane = 0;
      while (lane < ends.size() && ends.get(lane) > left) {
        lane++;
      }
      if (lane == ends.size()) {
        ends.add(0.0);
      }
      ends.set(lane, left + width + 16);
      labels.add(new Label(mark, lane, before));
    }
    return labels;
  }

  private static String words(Mark mark) {
    return mark.name() + " " + Figures.time(mark.micros());
  }

  private void line(Label label, int bottom) {
    svg.append(
        "<line class=\"mark\" x1=\"%1$s\" y1=\"%2$d\" x2=\"%1$s\" y2=\"%3$d\"/>\n"
            .formatted(px(at(label.mark().micros())), label.lane() * LANE + 3, bottom));
  }

  private void words(Label label) {
    double x = at(label.mark().micros());
    text(
        "marked",
        label.before() ? x - 5 : x + 5,
        label.lane() * LANE + 14,
        label.before() ? "end" : "start",
        words(label.mark()));
  }

  private void text(String look, double x, int y, String anchor, String words) {
    svg.append(
        "<text class=\"%s\" x=\"%s\" y=\"%d\" text-anchor=\"%s\">%s</text>\n"
            .formatted(look, px(x), y, anchor, escaped(words)));
  }
}
