package dev.lazuli.snapshotter.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

final class DensityResultsTest {
  private static DensityPoint point(int share, String way, double seconds) {
    return new DensityPoint("layers", "20,200", "random", share, way, seconds, 12, 40);
  }

  @Test
  void line_isReadBack() {
    var point = point(20, "overlayfs (ctr)", 1.25);

    assertThat(DensityPoint.parse(point.line())).isEqualTo(point);
  }

  @Test
  void lineOfSomethingElse_isRefused() {
    assertThatThrownBy(() -> DensityPoint.parse("a line"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a line");
  }

  @Test
  void table_hasMediansAndTheRatioToTheBestOther() {
    var results = new DensityResults();
    for (double seconds : new double[] {9, 2, 4}) {
      results.add(point(20, "overlayfs (ctr)", seconds));
      results.add(point(20, "stargz (ctr-remote)", seconds + 1));
      results.add(point(20, "lazuli (ctr-remote)", seconds / 2));
    }

    assertThat(results.table())
        .contains("| layers, random, 20 ms, 200 Mbit/s | 20 | **4.00 s**, 12 MB, 40 |")
        .contains("| **2.00 s**, 12 MB, 40 | 0.50 |");
  }

  @Test
  void curves_areXmlWithALineForEachWay() throws Exception {
    var results = new DensityResults();
    for (int share : DensityImages.SHARES) {
      results.add(point(share, "overlayfs (ctr)", 5));
      results.add(point(share, "lazuli (ctr-remote)", 1 + share / 20.0));
    }

    var svg = DensityCurves.draw(results);

    var document =
        DocumentBuilderFactory.newDefaultInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(UTF_8)));
    assertThat(document.getElementsByTagName("circle").getLength())
        .isEqualTo(2 * DensityImages.SHARES.size());
    assertThat(svg.lines().filter(line -> line.matches("<path d=\"M[^\"]+L.* fill=\"none\".*")))
        .as("lines from point to point")
        .hasSize(2)
        .allMatch(
            line ->
                line.chars().filter(to -> to == 'L').count() == DensityImages.SHARES.size() - 1);
  }
}
