package dev.lazuli.snapshotter.waterfall;

import dev.lazuli.snapshotter.waterfall.Waterfall.Arrival;
import dev.lazuli.snapshotter.waterfall.Waterfall.LayerLine;
import dev.lazuli.snapshotter.waterfall.Waterfall.Range;
import dev.lazuli.snapshotter.waterfall.Waterfall.Wait;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Waterfalls to draw. */
final class Examples {
  static final String HOSTILE = "/etc/<b onmouseover=\"x()\">&'\u001b[31m\u202e.conf";

  private Examples() {}

  /** One layer, three files: one waited for, one that came along, one with a nasty name. */
  static Waterfall small() {
    return new Waterfall(
        "registry.test/small:1",
        Instant.ofEpochSecond(1_700_000_000),
        900_000,
        List.of(
            new LayerLine(
                "sha256:" + "ab".repeat(32), 5_000_000, 9_000_000, 0, 80_000, 700_000, 0)),
        List.of(
            new Range(
                0, 0, 300_000, 300_000, ArrivalReason.DEMAND, 101_000, 122_000, 140_000, false),
            new Range(
                0,
                300_000,
                4_700_000,
                4_700_000,
                ArrivalReason.BACKGROUND,
                500_000,
                520_000,
                690_000,
                false)),
        List.of(
            new Arrival(
                0, 0, 1, "/usr/bin/program", 200_000, ArrivalReason.DEMAND, 0, 122_000, 131_000),
            new Arrival(
                0,
                1,
                1,
                "/usr/lib/beside.so",
                90_000,
                ArrivalReason.NEIGHBOUR,
                0,
                131_000,
                140_000),
            new Arrival(0, 2, 1, HOSTILE, 10, ArrivalReason.PREFETCH, -1, 140_000, 141_000),
            new Arrival(
                0, 3, 70, "/rest", 8_000_000, ArrivalReason.BACKGROUND, 1, 520_000, 690_000)),
        List.of(
            new Wait(0, 0, 1, "/usr/bin/program", 100_000, 31_000, false),
            new Wait(0, 2, 1, HOSTILE, 100_000, 41_000, true)),
        new Ahead(300_000, 100_000, false),
        List.of());
  }

  /** Twelve layers, two thousand files with long names, and a pause of three minutes. */
  static Waterfall large() {
    var random = new Random(7);
    var layers = new ArrayList<LayerLine>();
    for (int i = 0; i < 12; i++) {
      layers.add(
          new LayerLine(
              "sha256:" + "%02x".formatted(i).repeat(32),
              40_000_000L * (i + 1),
              100_000_000L * (i + 1),
              i * 2000L,
              60_000 + i * 9000,
              i % 3 == 0 ? -1 : 185_000_000 + i * 1_000_000L,
              i * 100L));
    }
    var arrivals = new ArrayList<Arrival>();
    var waits = new ArrayList<Wait>();
    long now = 180_000_000;
    for (int i = 0; i < 2000; i++) {
      var file =
          "/opt/vendor-%d/node_modules/@scope/%s/dist/esm/file-%d.js"
              .formatted(i % 7, "long-name-".repeat(i % 9), i);
      long start = now;
      now += 200 + random.nextInt(900);
      boolean waited = i % 11 == 0;
      if (waited) {
        waits.add(new Wait(i % 12, i, 1, file, start, now - start, false));
      }
      var source =
          waited
              ? ArrivalReason.DEMAND
              : i % 3 == 0 ? ArrivalReason.PREFETCH : ArrivalReason.NEIGHBOUR;
      arrivals.add(
          new Arrival(
              i % 12, i, 1, file, 100 + random.nextInt(90_000), source, -1, start + 50, now));
    }
    return new Waterfall(
            "registry.example.com/a-team/with-a-long-name/and-a-service:2026.11.25-release-candidate.7",
            Instant.ofEpochSecond(1_700_000_000),
            now + 5_000_000,
            layers,
            List.of(),
            arrivals,
            waits,
            new Ahead(12_000_000, 10_500_000, true),
            List.of())
        .withMark("first output", now - 300_000)
        .withMark("second output", now - 299_000)
        .withMark("at the end", now);
  }

  /** Nothing has happened yet. */
  static Waterfall empty() {
    return new Waterfall(
        "registry.test/empty:1",
        Instant.ofEpochSecond(1_700_000_000),
        10,
        List.of(new LayerLine("sha256:" + "cd".repeat(32), 10, 0, 0, -1, -1, 0)),
        List.of(),
        List.of(),
        List.of(),
        Ahead.NONE,
        List.of());
  }
}
