package dev.lazuli.snapshotter.bench;

import static java.util.Objects.requireNonNull;

import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.LinkProfile;
import java.io.IOException;
import java.util.List;

/**
 * What a lazy start cannot be faster than: the round trips of the client that pulls, the bytes that
 * the program needs at the link's bandwidth, and the same start from the local disk.
 *
 * @param roundTrips of the client: for each document of the image one, and one for the connection
 * @param neededMegabytes tables of contents, and every chunk of which a byte was read
 */
record Bound(double roundTrips, double neededMegabytes) {
  /** With this the daemon fetches what is read, and nothing else. */
  private static final List<String> NOTHING_AHEAD =
      List.of(
          "prefetch.enabled=false",
          "fetch.background=false",
          "fetch.unit=4KiB",
          "proof.enabled=false");

  /** Nothing was measured. */
  static final Bound UNKNOWN = new Bound(Double.NaN, Double.NaN);

  /** Measures by one start on a link without limits; the bed has a fresh daemon afterwards. */
  static Bound measure(
      Bed bed,
      BenchStarts starts,
      BenchWay way,
      String image,
      OciLayout layout,
      String tag,
      BenchProgram program)
      throws IOException {
    bed.registry().setLink(LinkProfile.UNLIMITED);
    bed.freshDaemon(NOTHING_AHEAD);
    var round = starts.once(way, image, program, BenchStarts.Extent.START);
    long ofLayers = 0;
    for (var layer : layout.layers(requireNonNull(layout.images().get(tag)))) {
      ofLayers += bed.registry().counters().blob(layer.digest()).requests();
    }
    bed.freshDaemon();
    return new Bound(1 + round.requests() - ofLayers, round.megabytes());
  }

  /**
   * Returns the seconds.
   *
   * @param local seconds that the same start takes from the local disk
   */
  double seconds(LinkProfile link, double local) {
    double moving = link.bitsPerSecond() == 0 ? 0 : neededMegabytes * 8e6 / link.bitsPerSecond();
    return roundTrips * link.roundTrip().toNanos() / 1e9 + moving + local;
  }
}
