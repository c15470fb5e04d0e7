package dev.lazuli.snapshotter.cli.demo;

import dev.lazuli.snapshotter.waterfall.Waterfall;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The three starts that the demo compares.
 *
 * @param plain lazily, the image converted as it is
 * @param optimised lazily, the image with what {@code plain} waited for put first
 * @param full after a full pull
 */
record Starts(Start plain, Start optimised, Start full) {
  /** Makes the optimised image. */
  interface Optimiser {
    void optimise(Waterfall first) throws IOException;
  }

  List<Waterfall> waterfalls() {
    return Stream.of(plain, optimised).map(Start::waterfall).flatMap(Optional::stream).toList();
  }
}
