package dev.lazuli.bridge.erofs;

import dev.lazuli.bridge.erofs.Workloads.Kind;
import dev.lazuli.bridge.fuse.FuseSession;
import dev.lazuli.bridge.kernel.Mounts;
import dev.lazuli.testimages.CleanUp;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The ways to mount a layer, each below overlayfs, beside overlayfs on the same tree in an ordinary
 * directory. Entry point of {@code bench/mounts}: the number of rounds.
 */
final class MountsBench {
  /** What is compared. */
  private enum Way {
    DIRECTORY("the directory itself"),
    OVERLAY("overlayfs on the directory"),
    EROFS_LAZY("erofs-lazy"),
    EROFS_LOCAL("erofs-local"),
    LOOP_LAZY("erofs-loop, incomplete"),
    LOOP_LOCAL("erofs-loop, complete"),
    FUSE_TREE("fuse-tree");

    final String title;

    Way(String title) {
      this.title = title;
    }
  }

  /** The first time after a mount, and the second. */
  private enum State {
    FRESH,
    WARM
  }

  private record Cell(Way way, State state, Kind kind) {}

  private final int rounds;
  private final BenchTree tree = new BenchTree();
  private final Map<Cell, List<Long>> nanos = new HashMap<>();
  private final Map<Way, List<Long>> cpu = new EnumMap<>(Way.class);
  private final ReferenceLayer layer;
  private final Path empty;
  private final Path lower;
  private final Path merged;
  private final Path fuse;
  private long slot;

  private MountsBench(Path directory, int rounds) throws IOException {
    this.rounds = rounds;
    layer = ReferenceLayer.make(tree.tree, directory.resolve("layer"));
    empty = Files.createDirectory(directory.resolve("empty"));
    lower = Files.createDirectory(directory.resolve("lower"));
    merged = Files.createDirectory(directory.resolve("merged"));
    fuse = Files.createDirectory(directory.resolve("fuse"));
    for (var part : List.of(layer.data(), layer.image())) {
      Files.copy(part, OutputStream.nullOutputStream());
    }
  }

  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 11;
    try (var cleanUp = new CleanUp()) {
      new MountsBench(cleanUp.directory("lzm"), rounds).mounts();
    }
  }

  private void mounts() throws IOException {
    var workloads = new Workloads(tree);
    try (var daemon = BenchServer.start(fuse, layer.image(), layer.data())) {
      for (int round = -1; round < rounds; round++) {
        for (var way : Way.values()) {
          measure(daemon, workloads, way, round >= 0);
        }
      }
    }
    report().forEach(System.out::println);
  }

  /** Mounts anew, runs all workloads one after the other, and then all of them again. */
  private void measure(BenchServer daemon, Workloads workloads, Way way, boolean counts)
      throws IOException {
    Path root = mount(way);
    try {
      for (var state : State.values()) {
        long before = daemon.cpuNanos();
        for (var kind : Kind.values()) {
          long taken = workloads.run(kind, root);
          if (counts) {
            add(new Cell(way, state, kind), taken);
          }
        }
        if (counts && state == State.FRESH) {
          cpu.computeIfAbsent(way, _ -> new ArrayList<>()).add(daemon.cpuNanos() - before);
        }
      }
    } finally {
      ErofsMount.unmount(merged);
      ErofsMount.unmount(lower);
    }
  }

  private void add(Cell cell, long value) {
    nanos.computeIfAbsent(cell, _ -> new ArrayList<>()).add(value);
  }

  private Path mount(Way way) throws IOException {
    Path below =
        switch (way) {
          case DIRECTORY, OVERLAY -> layer.reference();
          case FUSE_TREE -> FuseSession.tree(fuse, ++slot);
          case EROFS_LAZY -> served(ErofsMount.Backing.FILE);
          case LOOP_LAZY -> served(ErofsMount.Backing.LOOP);
          case EROFS_LOCAL -> erofs(ErofsMount.Backing.FILE, layer.data());
          case LOOP_LOCAL -> erofs(ErofsMount.Backing.LOOP, layer.data());
        };
    if (way == Way.DIRECTORY) {
      return below;
    }
    Mounts.mount("overlay", merged, "overlay", Mounts.MS_RDONLY, "lowerdir=" + below + ":" + empty);
    return merged;
  }

  private Path served(ErofsMount.Backing backing) throws IOException {
    var blob = FuseSession.blob(fuse, ++slot);
    ServedBlobs.with(fuse.resolveSibling("mount")).mount(backing, layer.image(), blob, lower);
    return lower;
  }

  private Path erofs(ErofsMount.Backing backing, Path data) throws IOException {
    ErofsMount.mount(backing, layer.image(), data, lower);
    return lower;
  }

  private List<String> report() {
    var report = new ArrayList<String>();
    for (var state : State.values()) {
      var head = new StringBuilder("| " + state.name().toLowerCase(Locale.ROOT));
      var line = new StringBuilder("| ---");
      for (var kind : Kind.values()) {
        head.append(" | ").append(kind.title);
        line.append(" | ---:");
      }
      report.add(head + (state == State.FRESH ? " | daemon's CPU ms |" : " |"));
      report.add(line + (state == State.FRESH ? " | ---: |" : " |"));
      for (var way : Way.values()) {
        report.add(row(way, state));
      }
      report.add("");
    }
    return report;
  }

  private String row(Way way, State state) {
    var row = new StringBuilder("| " + way.title);
    for (var kind : Kind.values()) {
      var here = new Cell(way, state, kind);
      row.append(
          String.format(
              Locale.ROOT,
              " | %.1f ms (%.2f; %.2f)",
              part(here, 0.5) / 1e6,
              part(here, 0.25) / part(new Cell(Way.OVERLAY, state, kind), 0.25),
              part(here, 0.25) / part(new Cell(Way.DIRECTORY, State.WARM, kind), 0.25)));
    }
    if (state == State.FRESH) {
      double perRound =
          cpu.getOrDefault(way, List.of()).stream().mapToLong(Long::longValue).sum()
              / (double) rounds;
      row.append(String.format(Locale.ROOT, " | %.0f", perRound / 1e6));
    }
    return row + " |";
  }

  /** Returns the value that a part of all are below: 0.5 for the median. */
  private double part(Cell cell, double part) {
    var values = nanos.getOrDefault(cell, List.of());
    return values.stream().sorted().skip((long) (values.size() * part)).findFirst().orElseThrow();
  }
}
