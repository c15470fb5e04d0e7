package dev.lazuli.snapshotter.waterfall;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

final class PictureTest {
  static Stream<Waterfall> all() {
    return Stream.of(Examples.small(), Examples.large(), Examples.empty());
  }

  private static String plain(Waterfall waterfall) {
    return TerminalPicture.of(waterfall, PictureStyle.PLAIN);
  }

  @ParameterizedTest
  @MethodSource("all")
  void plainPicture_isAsciiAndNoWiderThanAsked(Waterfall waterfall) {
    var picture = plain(waterfall);

    assertThat(US_ASCII.newEncoder().canEncode(picture)).isTrue();
    assertThat(picture).doesNotContain("\u001b");
    assertThat(picture.lines().skip(1))
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 60, 80, 133, 250})
  void picture_fitsTheTerminal(int width) {
    var picture = TerminalPicture.of(Examples.large(), new PictureStyle(width, 40, true, false));

    assertThat(picture.lines().skip(1))
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(Math.max(60, width)));
    assertThat(picture.lines().count()).isLessThan(90);
  }

  @Test
  void smallPicture_showsWhatWaitedAndWhatCameAlong() {
    var picture = plain(Examples.small());

    assertThat(picture)
        .containsPattern("/usr/bin/program +\\.+#+ *: +200 kB +31 ms\n")
        .containsPattern("/usr/lib/beside.so +\\++ *: +90.0 kB\n")
        .containsPattern("layer 1  sha256:abababababab +~+ +:? *-+ +5.0 MB\n")
        .containsPattern("all here after +700 ms\n")
        .contains("2, 72 ms in all, 1 failed");
  }

  @Test
  void names_cannotCommandTheTerminal() {
    var picture = TerminalPicture.of(Examples.small(), new PictureStyle(120, 40, true, true));

    assertThat(picture)
        .doesNotContain("\u001b[31m")
        .doesNotContain("\u202e")
        .contains("&'?[31m?.conf");
  }

  @Test
  void colours_endWithTheirLine() {
    var picture = TerminalPicture.of(Examples.small(), new PictureStyle(120, 40, true, true));

    assertThat(picture.lines().filter(line -> line.contains("\u001b")))
        .isNotEmpty()
        .allSatisfy(
            line ->
                assertThat(line.lastIndexOf("\u001b[0m")).isEqualTo(line.lastIndexOf("\u001b")));
  }

  @Test
  void manyFiles_areFolded_andNoneIsLost() {
    var all = WaterfallRows.of(Examples.large());
    var folded = all.folded(40, 20);

    assertThat(all.files()).hasSize(2000);
    assertThat(folded.files()).hasSizeLessThanOrEqualTo(41);
    assertThat(folded.files().stream().mapToInt(Row::files).sum()).isEqualTo(2000);
    assertThat(folded.files().stream().mapToLong(Row::bytes).sum())
        .isEqualTo(all.files().stream().mapToLong(Row::bytes).sum());
    assertThat(folded.files().stream().mapToLong(Row::waitedMicros).sum())
        .isEqualTo(all.files().stream().mapToLong(Row::waitedMicros).sum());
  }

  @Test
  void scale_cutsPausesDown_andKeepsOrder() {
    var scale = WaterfallRows.of(Examples.large()).scale(Examples.large().marks());

    assertThat(scale.breaks()).hasSize(1);
    assertThat(scale.place(0)).isZero();
    double before = 0;
    for (long micros = 0; micros < 190_000_000; micros += 10_000) {
      assertThat(scale.place(micros)).isBetween(before, 1.0);
      before = scale.place(micros);
    }
    assertThat(scale.place(100_000_000)).isLessThan(0.3);
    var ticks = scale.ticks(8);
    assertThat(ticks).hasSizeBetween(3, 20);
    assertThat(ticks.stream().map(TimeScale.Tick::micros)).isSorted();
    assertThat(ticks.stream().map(TimeScale.Tick::words))
        .startsWith("0 ms")
        .contains("3 min")
        .doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("all")
  void page_isWellFormed_andNeedsNothingElse(Waterfall waterfall) throws Exception {
    var page = HtmlPage.of(waterfall);

    var svg = page.substring(page.indexOf("<svg"), page.indexOf("</svg>") + 6);
    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(UTF_8)));
    assertThat(document.getElementsByTagName("title").item(0).getTextContent())
        .isEqualTo("Start of " + waterfall.image());
    assertThat(page)
        .doesNotContain("<script", "src=", "@import", "url(", "http:")
        .contains("prefers-color-scheme: dark");
  }

  @Test
  void page_showsHostileNamesAsText() {
    var page = HtmlPage.of(List.of(Examples.small(), Examples.large()));

    assertThat(page)
        .doesNotContain("<b onmouseover", "\u001b", "\u202e")
        .contains("/etc/&lt;b onmouseover=&quot;x()&quot;&gt;&amp;&#39;")
        .contains("aria-labelledby=\"title0 desc0\"", "aria-labelledby=\"title1 desc1\"");
  }

  @ParameterizedTest
  @MethodSource("all")
  void json_makesTheSameWaterfall(Waterfall waterfall) {
    var mapper = JsonMapper.shared();

    var json = mapper.writeValueAsString(waterfall);

    assertThat(mapper.readValue(json, Waterfall.class)).isEqualTo(waterfall);
    assertThat(json).doesNotContain("moments", "Look");
  }

  @Test
  void figures_areShort() {
    assertThat(
            Stream.of(400L, 9_999L, 12_345L, 999_499L, 4_020_000L, 200_000_000L, 9_000_000_000L)
                .map(Figures::time))
        .containsExactly("0.4 ms", "10.0 ms", "12 ms", "999 ms", "4.02 s", "3 min", "2 h");
    assertThat(
            Stream.of(0L, 999L, 1000L, 99_940L, 99_950L, 999_499L, 48_700_000L, 5_000_000_000L)
                .map(Figures::size))
        .containsExactly(
            "0 B", "999 B", "1.0 kB", "99.9 kB", "100 kB", "999 kB", "48.7 MB", "5.0 GB");
    assertThat(Figures.share(999, 1000)).isEqualTo("99 %");
    assertThat(Figures.share(1000, 1000)).isEqualTo("100 %");
  }
}
