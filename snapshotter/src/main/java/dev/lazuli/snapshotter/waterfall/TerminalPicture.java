package dev.lazuli.snapshotter.waterfall;

import dev.lazuli.snapshotter.waterfall.Row.Bar;
import dev.lazuli.snapshotter.waterfall.Row.Look;
import dev.lazuli.snapshotter.waterfall.Waterfall.Mark;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/** Draws a waterfall with characters. */
public final class TerminalPicture {
  private static final int FIGURES_WIDTH = 19;
  private static final int MOST_LABEL = 56;
  private static final String RESET = "\u001b[0m";

  private final Waterfall waterfall;
  private final PictureStyle style;
  private final WaterfallRows rows;
  private final TimeScale scale;
  private final int labelWidth;
  private final int barWidth;
  private final StringBuilder text = new StringBuilder();
  private final Set<Look> used = EnumSet.noneOf(Look.class);

  private TerminalPicture(Waterfall waterfall, PictureStyle style) {
    this.waterfall = waterfall;
    this.style = style;
    var all = WaterfallRows.of(waterfall);
    this.rows = all.folded(style.rows(), style.rows() / 2);
    this.scale = all.scale(waterfall.marks());
    int wanted = rows.files().stream().mapToInt(row -> row.label().length()).max().orElse(0);
    this.labelWidth = Math.clamp(wanted, 24, Math.min(MOST_LABEL, style.width() * 2 / 5));
    this.barWidth = style.width() - labelWidth - FIGURES_WIDTH - 2;
  }

  /** Returns the picture, in lines that are no wider than the terminal. */
  public static String of(Waterfall waterfall, PictureStyle style) {
    return new TerminalPicture(waterfall, style).draw();
  }

  private String draw() {
    text.append(waterfall.image()).append('\n');
    for (var fact : new StartSummary(waterfall).facts()) {
      text.append("  %-22s %s%n".formatted(fact.name(), fact.value()));
    }
    text.append('\n');
    axis();
    rows.layers().forEach(this::line);
    rows.files().forEach(this::line);
    marks();
    legend();
    return text.toString();
  }

  private void axis() {
    var line = blank();
    int free = 0;
    for (var tick : scale.ticks(Math.max(2, barWidth / 12))) {
      int at = column(tick.micros());
      var label = "|" + tick.words();
      if (at >= free && at + label.length() <= barWidth) {
        label.getChars(0, label.length(), line, at);
        free = at + label.length() + 1;
      }
    }
    append(" ".repeat(labelWidth), new String(line), "   size    waited");
  }

  private void line(Row row) {
    var cells = blank();
    var looks = new Look[barWidth];
    scale.breaks().forEach(pause -> cells[edge(pause)] = pause());
    scale.tail().ifPresent(tail -> cells[edge(tail)] = pause());
    row.segments().forEach(segment -> put(segment, cells, looks));
    var label = shortened(row.label(), labelWidth);
    var waited =
        row.failed() ? "failed" : row.waitedMicros() == 0 ? "" : Figures.time(row.waitedMicros());
    append(
        label + " ".repeat(labelWidth - label.length()),
        coloured(cells, looks),
        "%9s %9s".formatted(Figures.size(row.bytes()), waited));
  }

  private void put(Bar segment, char[] cells, Look[] looks) {
    if (segment.from() > scale.endMicros()) {
      return;
    }
    used.add(segment.look());
    int from = column(segment.from());
    int to = Math.max(from + 1, (int) Math.round(scale.place(segment.to()) * barWidth));
    Arrays.fill(cells, from, to, glyph(segment.look()));
    Arrays.fill(looks, from, to, segment.look());
  }

  private int column(long micros) {
    return Math.min(barWidth - 1, (int) (scale.place(micros) * barWidth));
  }

  private char glyph(Look look) {
    if (style.unicode()) {
      return switch (look) {
        case INDEX -> '▄';
        case WAIT -> '░';
        case DEMAND -> '█';
        case NEIGHBOUR -> '▒';
        case PREFETCH -> '▓';
        case DISK -> '■';
        case BACKGROUND -> '─';
      };
    }
    return switch (look) {
      case INDEX -> '~';
      case WAIT -> '.';
      case DEMAND -> '#';
      case NEIGHBOUR -> '+';
      case PREFETCH -> '=';
      case DISK -> '%';
      case BACKGROUND -> '-';
    };
  }

  private static String colour(Look look) {
    return switch (look) {
      case INDEX -> "\u001b[35m";
      case WAIT, DEMAND -> "\u001b[33m";
      case NEIGHBOUR -> "\u001b[36m";
      case PREFETCH -> "\u001b[34m";
      case DISK -> "\u001b[32m";
      case BACKGROUND -> "\u001b[90m";
    };
  }

  private String coloured(char[] cells, Look[] looks) {
    if (!style.colours()) {
      return new String(cells);
    }
    var line = new StringBuilder();
    for (int i = 0; i < cells.length; i++) {
      var before = i == 0 ? null : looks[i - 1];
      if (looks[i] != before) {
        line.append(looks[i] == null ? RESET : colour(looks[i]));
      }
      line.append(cells[i]);
    }
    return line.append(RESET).toString();
  }

  private void marks() {
    for (var mark : waterfall.moments()) {
      if (mark.micros() > scale.endMicros()) {
        break;
      }
      text.append(" ".repeat(labelWidth + 1)).append(markLine(mark)).append('\n');
    }
  }

  private String markLine(Mark mark) {
    var words = mark.name() + ", " + Figures.time(mark.micros());
    int at = column(mark.micros());
    var arrow = style.unicode() ? "▲" : "^";
    return at + words.length() + 2 <= barWidth
        ? " ".repeat(at) + arrow + " " + words
        : " ".repeat(Math.max(0, at - words.length() - 1)) + words + " " + arrow;
  }

  private void legend() {
    text.append('\n');
    for (var look : used) {
      var cell = String.valueOf(glyph(look));
      var shown = style.colours() ? colour(look) + cell + RESET : cell;
      text.append("  ").append(shown).append(' ').append(look.meaning()).append('\n');
    }
    scale.breaks().stream()
        .map(piece -> Figures.time(piece.toMicros() - piece.fromMicros()))
        .reduce((a, b) -> a + ", " + b)
        .ifPresent(pauses -> note("no read waited during " + pauses));
    scale
        .tail()
        .map(tail -> Figures.time(tail.toMicros()))
        .ifPresent(
            end -> note("after the last of these, the time until " + end + ", on a shorter scale"));
  }

  private void note(String words) {
    text.append("  ").append(pause()).append(' ').append(words).append('\n');
  }

  private char pause() {
    return style.unicode() ? '┊' : ':';
  }

  private int edge(TimeScale.Piece piece) {
    return Math.min(barWidth - 1, (int) Math.round(piece.left() * barWidth));
  }

  private char[] blank() {
    var cells = new char[barWidth];
    Arrays.fill(cells, ' ');
    return cells;
  }

  /** Returns a label that fits: of a path, the end says more than the beginning. */
  private String shortened(String label, int most) {
    var clean = new StringBuilder();
    label.codePoints().forEach(c -> clean.append(printable(c) ? Character.toString(c) : "?"));
    if (clean.length() <= most) {
      return clean.toString();
    }
    var gap = style.unicode() ? "…" : "...";
    return gap + clean.substring(clean.length() - most + gap.length());
  }

  /** Names come from the registry: control characters and what is two columns wide stay out. */
  private boolean printable(int c) {
    return (c >= 0x20 && c < 0x7f)
        || (style.unicode() && c >= 0xa1 && c < 0x1100 && Character.isLetterOrDigit(c));
  }

  private void append(String label, String bars, String figures) {
    text.append((label + " " + bars + " " + figures).stripTrailing()).append('\n');
  }
}
