package dev.lazuli.snapshotter.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How well a link is used, whatever is read over it: in virtual time, so on any machine. */
final class LinkUseTest {
  private static final long LAYER = 180_000_000;

  /** What a process does with a file, in nanoseconds. */
  private static final long EACH = 300_000;

  private final SizedChunks chunks = SizedChunks.packages("a", LAYER, new Random(7));

  private static SimulatedLink link(double millis, double megabits, int ranges) {
    return new SimulatedLink(FetchOptions.DEFAULT, millis, megabits, ranges);
  }

  private List<SizedChunks.FileChunks> atRandom(double share) {
    var files = new ArrayList<>(chunks.files());
    Collections.shuffle(files, new Random(8));
    return files.subList(0, (int) (files.size() * share));
  }

  /** The whole layer at the link's rate, and what the process does with what it reads. */
  private static double bound(double megabits, int files) {
    return LAYER * 8 / (megabits * 1e6) + files * EACH / 1e9;
  }

  /** Where streams were cut, half of a real layer at random moved 1.7 times its bytes. */
  @ParameterizedTest
  @CsvSource({
    "0.2, 200, 50, true",
    "0.5, 200, 50, true",
    "0.5, 200, 1, true",
    "1.0, 200, 50, false",
    "1.0, 200, 1, false",
    "0.5, 1000, 50, true",
    "0.5, 1000, 1, false"
  })
  void denseReader_takesLittleMoreThanTheWholeLayer_andNothingComesTwice(
      double share, double megabits, int ranges, boolean background) {
    var link = link(20, megabits, ranges);
    var layer = link.attach(chunks);
    if (background) {
      link.background(layer);
    }
    var files = atRandom(share);

    link.read(layer, files, EACH);

    double all = bound(megabits, files.size());
    double beforeItShows = all / 3;
    System.out.printf(
        "%s: %.1f s, bound %.1f s, %.0f MB%n", share, link.seconds(), all, link.megabytesMoved());
    assertThat(link.seconds()).isLessThan(all + beforeItShows);
    link.complete(layer);
    assertThat(link.megabytesMoved()).isLessThan(1.02 * chunks.blobBytes() / 1e6);
  }

  @Test
  void sparseReader_isNotSlowedByBackground_norMovesTheLayer() {
    var alone = link(20, 200, 50);
    alone.read(alone.attach(chunks), atRandom(0.01), EACH);
    chunks.present.clear();
    var beside = link(20, 200, 50);
    var layer = beside.attach(chunks);
    beside.background(layer);

    beside.read(layer, atRandom(0.01), EACH);

    assertThat(beside.seconds()).isLessThan(1.15 * alone.seconds());
    assertThat(beside.megabytesMoved()).isLessThan(25);
  }

  /** The start of a program whose layer is 7 MB, from a registry beside the node. */
  @Test
  void fewReadsOverAFastLink_doNotBringTheLayer() {
    var link = link(1, 1000, 1);
    var small = SizedChunks.packages("b", 7_000_000, new Random(9));
    var files = new ArrayList<>(small.files());
    Collections.shuffle(files, new Random(10));

    link.read(link.attach(small), files.subList(0, 25), EACH);
    link.pass(1_000_000_000);

    assertThat(link.megabytesMoved()).isLessThan(4);
  }

  @ParameterizedTest
  @CsvSource({"20, 200", "20, 1000", "60, 500"})
  void readerInOrder_getsTheLinksRate(double millis, double megabits) {
    var file = SizedChunks.oneFile("model", LAYER);
    var link = link(millis, megabits, 1);
    var layer = link.attach(file);

    link.read(layer, file.files(), 0);

    double rate = LAYER * 8 / 1e6 / link.seconds();
    System.out.printf("%.0f ms: %.0f of %.0f Mbit/s%n", millis, rate, megabits);
    assertThat(rate).isGreaterThan(0.85 * megabits);
    assertThat(link.requests()).isLessThan(60);
  }
}
