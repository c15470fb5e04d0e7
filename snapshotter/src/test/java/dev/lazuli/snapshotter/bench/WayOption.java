package dev.lazuli.snapshotter.bench;

import picocli.CommandLine.Option;

/** Who pulls, in measurements that have only one. */
final class WayOption {
  @Option(
      names = "--by",
      paramLabel = "WAY",
      description = "As in bench/starts. Default: ${DEFAULT-VALUE}.")
  private String by = "lazuli:ctr-remote";

  /**
   * Returns who pulls.
   *
   * @throws IllegalArgumentException if that is unknown
   */
  BenchWay way() {
    return BenchWay.parse(by);
  }
}
