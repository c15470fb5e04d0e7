package dev.lazuli.snapshotter.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Pulls, runs, waits until every byte is here, and removes again: one round at a time. */
final class BenchStarts {

  private final String launcher;
  private final Containers containers;
  private final Optional<Bed> bed;
  private final Optional<Long> containerdPid;
  private final boolean plainHttp;
  private final Duration quiet;

  /**
   * Prepares to measure.
   *
   * @param bed whose registry is watched; empty: an existing containerd and a registry elsewhere
   * @param plainHttp whether registries are spoken to without TLS
   * @param quiet how long the registry must have sent nothing for everything to count as here; zero
   *     not to wait for that
   */
  BenchStarts(
      String launcher,
      Containers containers,
      Optional<Bed> bed,
      Optional<Long> containerdPid,
      boolean plainHttp,
      Duration quiet) {
    this.launcher = launcher;
    this.containers = containers;
    this.bed = bed;
    this.containerdPid = containerdPid;
    this.plainHttp = plainHttp;
    this.quiet = quiet;
  }

  /** Prepares to measure on a bed of our own. */
  static BenchStarts on(Bed bed, String launcher, Duration quiet) {
    return new BenchStarts(
        launcher,
        new Containers(bed.containerdSocket()),
        Optional.of(bed),
        Optional.of(bed.containerdPid()),
        /* plainHttp= */ true,
        quiet);
  }

  /** How far a round goes. */
  enum Extent {
    /** To the end of the run. */
    START,
    /** Until every byte is here, after the same run once more if nothing is lazy. */
    WHOLE
  }

  /**
   * Refuses to measure an image that is there already: a round ends with its removal, and nobody
   * expects a measurement to delete images.
   */
  void requireAbsent(String image) throws IOException {
    if (containers.ctr("image", "ls", "--quiet").check().output().lines().anyMatch(image::equals)) {
      throw new IOException(
          "image %s is there already, and would be removed: ctr -a %s image rm %s"
              .formatted(image, containers.socket(), image));
    }
  }

  /** Pulls an image and removes it again. */
  void pullOnly(BenchWay way, String image) throws IOException {
    pull(way, image);
    containers.remove(image);
  }

  /** Measures one round; the image is not there before and after it. */
  Round once(BenchWay way, String image, BenchProgram program, Extent extent) throws IOException {
    try {
      return measure(way, image, program, extent);
    } catch (IOException e) {
      var _ = containers.ctr("image", "rm", "--sync", image).run();
      throw e;
    }
  }

  private Round measure(BenchWay way, String image, BenchProgram program, Extent extent)
      throws IOException {
    var watched =
        way.pid().or(() -> ownDaemon(way)).or(() -> containerdPid).map(ProcessFigures::new);
    if (watched.isPresent()) {
      watched.get().resetPeak();
    }
    bed.ifPresent(here -> here.registry().resetCounters());
    double cpuBefore = cpu(watched);
    long began = System.nanoTime();
    pull(way, image);
    double pull = (System.nanoTime() - began) / 1e9;
    var sent = new double[2];
    double run =
        containers.run(
            way.snapshotter(),
            image,
            program,
            () -> {
              sent[0] = megabytes();
              sent[1] = requests();
            });
    boolean waits = bed.isPresent() && !quiet.isZero() && extent == Extent.WHOLE;
    long started = began + (long) ((pull + run) * 1e9);
    double complete = waits ? (bed.get().awaitQuiet(started, quiet) - began) / 1e9 : Double.NaN;
    double cpu = cpu(watched) - cpuBefore;
    double peak = watched.isPresent() ? watched.get().peakMegabytes() : Double.NaN;
    double allMegabytes = megabytes();
    double allRequests = requests();
    double again =
        way.overlayfs() && extent == Extent.WHOLE
            ? containers.run(way.snapshotter(), image, program, () -> {})
            : Double.NaN;
    containers.remove(image);
    return new Round(
        pull, run, sent[0], sent[1], again, complete, allMegabytes, allRequests, cpu, peak);
  }

  private void pull(BenchWay way, String image) throws IOException {
    way.pull(launcher, containers.socket(), image, plainHttp);
  }

  private Optional<Long> ownDaemon(BenchWay way) {
    return way.ours() ? bed.map(Bed::daemonPid) : Optional.empty();
  }

  /** Returns what clients, containerd and the snapshotter have used so far. */
  private double cpu(Optional<ProcessFigures> watched) throws IOException {
    if (containerdPid.isEmpty()) {
      return Double.NaN;
    }
    double sum =
        new ProcessFigures(ProcessHandle.current().pid()).childrenCpuSeconds()
            + new ProcessFigures(containerdPid.get()).cpuSeconds();
    boolean other = watched.isPresent() && watched.get().pid() != containerdPid.get();
    return other ? sum + watched.get().cpuSeconds() : sum;
  }

  private double megabytes() {
    return bed.map(here -> here.registry().counters().bodyBytes() / 1e6).orElse(Double.NaN);
  }

  private double requests() {
    return bed.map(here -> (double) here.registry().counters().requests()).orElse(Double.NaN);
  }
}
