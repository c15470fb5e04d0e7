package dev.lazuli.snapshotter.waterfall;

import static dev.lazuli.snapshotter.waterfall.Markup.escaped;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;

/**
 * Writes a waterfall as one page that needs nothing else: no script, no font, no other file. It is
 * light or dark as its reader's system is.
 */
public final class HtmlPage {
  private static final int FEW_ROWS = 40;
  private static final int ROWS_KEPT = 80;
  private static final int MOST_TABLE_ROWS = 1000;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'").withZone(ZoneOffset.UTC);

  private final StringBuilder html = new StringBuilder();

  private HtmlPage() {}

  /** Returns a page that shows one start. */
  public static String of(Waterfall waterfall) {
    return of(List.of(waterfall));
  }

  /** Returns a page that shows several starts, one below the other. */
  public static String of(List<Waterfall> waterfalls) {
    var page = new HtmlPage();
    page.head(waterfalls.getFirst().image());
    for (int i = 0; i < waterfalls.size(); i++) {
      page.section(waterfalls.get(i), i);
    }
    page.html.append("</main>\n</body>\n</html>\n");
    return page.html.toString();
  }

  private void head(String title) {
    html.append(
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:,">
        <title>Start of %s</title>
        <style>
        %s</style>
        </head>
        <body>
        <main>
        """
            .formatted(escaped(title), style()));
  }

  private void section(Waterfall waterfall, int number) {
    var rows = WaterfallRows.of(waterfall);
    var scale = rows.scale(waterfall.marks());
    var picture = new SvgPicture(waterfall, rows.folded(FEW_ROWS, ROWS_KEPT), scale, number);
    var svg = picture.draw();
    html.append(
        """
        <section>
        <h1>Start of <span>%s</span></h1>
        <p class="when">%s, pulled lazily by Lazuli</p>
        """
            .formatted(escaped(waterfall.image()), TIME.format(waterfall.began())));
    facts(waterfall);
    legend(picture);
    html.append("<div class=\"picture\">\n").append(svg).append("</div>\n");
    table(rows.files());
    html.append("</section>\n");
  }

  private static String style() {
    try (InputStream css = HtmlPage.class.getResourceAsStream("waterfall.css")) {
      if (css == null) {
        throw new IllegalStateException("waterfall.css is not in the archive");
      }
      return new String(css.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void facts(Waterfall waterfall) {
    html.append("<dl class=\"facts\">\n");
    for (var fact : new StartSummary(waterfall).facts()) {
      html.append(
          "<div><dt>%s</dt><dd>%s</dd></div>\n"
              .formatted(escaped(fact.name()), escaped(fact.value())));
    }
    html.append("</dl>\n");
  }

  private void legend(SvgPicture picture) {
    html.append("<ul class=\"legend\">\n");
    for (var look : picture.used()) {
      html.append("<li><i class=\"%s\"></i>%s</li>\n".formatted(look.key(), look.meaning()));
    }
    html.append("</ul>\n");
  }

  private void table(List<Row> files) {
    html.append(
        """
        <details>
        <summary>All files as a table</summary>
        <table>
        <tr><th>file</th><th>from</th><th>to</th><th>size</th><th>reads waited</th></tr>
        """);
    files.stream().limit(MOST_TABLE_ROWS).forEach(this::tableRow);
    html.append("</table>\n");
    if (files.size() > MOST_TABLE_ROWS) {
      html.append("<p>and %d more files</p>\n".formatted(files.size() - MOST_TABLE_ROWS));
    }
    html.append("</details>\n");
  }

  private void tableRow(Row row) {
    html.append(
        "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n"
            .formatted(
                escaped(row.label()),
                Figures.time(row.from()),
                Figures.time(row.to()),
                Figures.size(row.bytes()),
                row.failed()
                    ? "failed"
                    : row.waitedMicros() == 0 ? "" : Figures.time(row.waitedMicros())));
  }
}
