package dev.lazuli.snapshotter.bench;

import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What one pull with one run took. What was not or could not be measured is NaN.
 *
 * @param pull seconds until the image counted as pulled
 * @param run seconds from then until the program had ended, or the server had answered
 * @param megabytes of bodies that the registry had sent by then
 * @param requests that the registry had got by then
 * @param again seconds of the same run once more, with everything here
 * @param complete seconds from the start until the registry had sent its last byte
 * @param allMegabytes as above, until then
 * @param allRequests as above, until then
 * @param cpu processor seconds of client, containerd and snapshotter until then
 * @param peak megabytes of resident memory of the snapshotter at its highest
 */
record Round(
    double pull,
    double run,
    double megabytes,
    double requests,
    double again,
    double complete,
    double allMegabytes,
    double allRequests,
    double cpu,
    double peak) {
  double total() {
    return pull + run;
  }

  /** Returns a round made of the median of each figure. */
  static Round median(List<Round> rounds) {
    return new Round(
        median(rounds, Round::pull),
        median(rounds, Round::run),
        median(rounds, Round::megabytes),
        median(rounds, Round::requests),
        median(rounds, Round::again),
        median(rounds, Round::complete),
        median(rounds, Round::allMegabytes),
        median(rounds, Round::allRequests),
        median(rounds, Round::cpu),
        median(rounds, Round::peak));
  }

  /** Returns the median of one figure, the higher one of two; NaN if there is none. */
  static <T> double median(List<T> rounds, ToDoubleFunction<T> figure) {
    var sorted =
        rounds.stream().map(figure::applyAsDouble).sorted(Comparator.naturalOrder()).toList();
    return sorted.isEmpty() ? Double.NaN : sorted.get(sorted.size() / 2);
  }
}
