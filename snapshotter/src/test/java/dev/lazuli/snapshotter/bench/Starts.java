package dev.lazuli.snapshotter.bench;

import dev.lazuli.testimages.containerd.Command;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Pulls, runs, waits until every byte is here, and removes again: one round at a time. */
final class Starts {
  private static final Duration LONG = Duration.ofMinutes(10);

  /** runc knows the containers of all containerds by their names. */
  private static final String CONTAINER = "bench-" + ProcessHandle.current().pid();

  private final String launcher;
  private final String containerd;
  private final Optional<Bed> bed;
  private final Optional<Long> containerdPid;
  private final boolean plainHttp;
  private final Duration quiet;

  /**
   * Prepares to measure.
   *
   * @param containerd the socket
   * @param bed whose registry is watched; empty: an existing containerd and a registry elsewhere
   * @param plainHttp whether registries are spoken to without TLS
   * @param quiet how long the registry must have sent nothing for everything to count as here; zero
   *     not to wait for that
   */
  Starts(
      String launcher,
      String containerd,
      Optional<Bed> bed,
      Optional<Long> containerdPid,
      boolean plainHttp,
      Duration quiet) {
    this.launcher = launcher;
    this.containerd = containerd;
    this.bed = bed;
    this.containerdPid = containerdPid;
    this.plainHttp = plainHttp;
    this.quiet = quiet;
  }

  /**
   * Refuses to measure an image that is there already: a round ends with its removal, and nobody
   * expects a measurement to delete images.
   */
  void requireAbsent(String image) throws IOException {
    if (ctr("image", "ls", "--quiet").check().output().lines().anyMatch(image::equals)) {
      throw new IOException(
          "image %s is there already, and would be removed: ctr -a %s image rm %s"
              .formatted(image, containerd, image));
    }
  }

  /** Measures one round; the image is not there before and after it. */
  Round once(Way way, String image, List<String> command) throws IOException {
    try {
      return measure(way, image, command);
    } catch (IOException e) {
      var _ = ctr("image", "rm", "--sync", image).run();
      throw e;
    }
  }

  private Round measure(Way way, String image, List<String> command) throws IOException {
    var watched =
        way.pid().or(() -> ownDaemon(way)).or(() -> containerdPid).map(ProcessFigures::new);
    if (watched.isPresent()) {
      watched.get().resetPeak();
    }
    bed.ifPresent(here -> here.registry().resetCounters());
    double cpuBefore = cpu(watched);
    long began = System.nanoTime();
    var pull = way.pullWords(launcher, containerd, image, plainHttp);
    Command.of(pull.toArray(String[]::new)).within(LONG).check();
    long pulled = System.nanoTime();
    ctr("run", "--rm", "--snapshotter", way.snapshotter(), image, CONTAINER)
        .with(command.toArray(String[]::new))
        .check();
    long ended = System.nanoTime();
    double megabytes = megabytes();
    double requests = requests();
    boolean waits = bed.isPresent() && !quiet.isZero();
    long whole = waits ? bed.get().awaitQuiet(ended, quiet) : ended;
    double complete = waits ? Math.max(pulled - began, whole - began) / 1e9 : Double.NaN;
    double cpu = cpu(watched) - cpuBefore;
    double peak = watched.isPresent() ? watched.get().peakMegabytes() : Double.NaN;
    double allMegabytes = megabytes();
    double allRequests = requests();
    ctr("image", "rm", "--sync", image).check();
    return new Round(
        (pulled - began) / 1e9,
        (ended - pulled) / 1e9,
        megabytes,
        requests,
        complete,
        allMegabytes,
        allRequests,
        cpu,
        peak);
  }

  private Optional<Long> ownDaemon(Way way) {
    return way.snapshotter().equals("lazuli") ? bed.map(Bed::daemonPid) : Optional.empty();
  }

  private Command ctr(String... arguments) {
    return Command.of("ctr", "-a", containerd).with(arguments).within(LONG);
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
