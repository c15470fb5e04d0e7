package dev.lazuli.estargz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.estargz.build.BuildOptions;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Random odd tars, converted in every format and put in any order, show what unpacking them gives.
 * {@code -Dlazuli.tars=N} tries so many, {@code -Dlazuli.seed=N} begins with another.
 */
class RandomTarTest {
  private static final int TARS = Integer.getInteger("lazuli.tars", 1500);
  private static final long SEED = Long.getLong("lazuli.seed", 1);
  private static final BuildOptions FAST = BuildOptions.ESTARGZ.withLevel(1).withThreads(1);
  private static final List<BuildOptions> WAYS =
      List.of(
          FAST.withChunks(4096, 0),
          FAST.withChunks(4096, 10_000),
          FAST.withFormat(LayerFormat.ZSTD_CHUNKED),
          FAST.withFormat(LayerFormat.ESTARGZ_EXTERNAL_TOC),
          FAST.withFormat(LayerFormat.ESTARGZ_EXTERNAL_TOC).keepingDiffId());

  @Test
  void aConvertedTar_showsWhatUnpackingGives() throws IOException {
    var compared = 0;
    for (int i = 0; i < TARS; i++) {
      var random = new Random(SEED + i);
      var tar = new RandomTar(random);
      var expected = unpacked(tar);
      var options = options(tar, random);
      if (expected.isPresent()) {
        compared++;
        assertThat(shown(options, tar))
            .as("seed %d, %s: %s", SEED + i, options, tar.entries())
            .isEqualTo(expected.get());
      } else {
        tryToShow(options, tar);
      }
    }
    System.out.printf("%d random tars from seed %d, %d compared%n", TARS, SEED, compared);
    assertThat(compared).isGreaterThan(TARS / 3);
  }

  @Test
  void aTarWithoutATable_showsWhatUnpackingGives() throws IOException {
    var compared = 0;
    for (int i = 0; i < TARS; i++) {
      var random = new Random(SEED + i);
      var tar = new RandomTar(random);
      var expected = unpacked(tar);
      if (expected.isPresent()) {
        compared++;
        assertThat(LayerTree.ofPlain(tar.bytes(), 1 + random.nextInt(5000)))
            .as("seed %d: %s", SEED + i, tar.entries())
            .isEqualTo(expected.get());
      }
    }
    assertThat(compared).isGreaterThan(TARS / 3);
  }

  private static BuildOptions options(RandomTar tar, Random random) {
    var way = WAYS.get(random.nextInt(WAYS.size()));
    return way.diffIdKept() || random.nextBoolean()
        ? way
        : way.withPrioritized(tar.someNames(), true);
  }

  private static Optional<Map<String, String>> unpacked(RandomTar tar) {
    var unpacking = new Unpacking();
    try {
      for (var entry : tar.entries()) {
        unpacking.apply(entry);
      }
      return Optional.of(unpacking.tree());
    } catch (Unpacking.Refused e) {
      return Optional.empty();
    }
  }

  private static Map<String, String> shown(BuildOptions options, RandomTar tar) {
    try {
      return LayerTree.of(options, tar.bytes());
    } catch (IOException e) {
      return Map.of("refused", String.valueOf(e.getMessage()));
    }
  }

  /** What nobody unpacks may be refused or shown, but nothing else may happen. */
  private static void tryToShow(BuildOptions options, RandomTar tar) {
    assertThat(shown(options, tar)).isNotNull();
  }
}
