package dev.lazuli.snapshotter.bench;

import dev.lazuli.demo.images.ContainerDefaults;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.OciLayout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Measures starts on a bed of our own: every image over every link, rounds interleaved. */
final class StartsHere {
  private static final String SMALL = "small";
  private static final String SMALL_RECIPE = "a directory with 20 files of 1 kB";

  private final BedOptions bedOptions;
  private final PeerOptions peers;
  private final List<BenchImage> images;
  private final List<BenchWay> ways;
  private final Options options;

  /**
   * What is measured how.
   *
   * @param rounds of each
   * @param links as {@link Bed#link} reads them
   * @param quiet how long the registry must have sent nothing for everything to count as here
   * @param settle between a daemon's start and the first pull
   * @param idle between the small pull and the start of an idle daemon; zero: no such start
   */
  record Options(int rounds, List<String> links, Duration quiet, Duration settle, Duration idle) {}

  StartsHere(
      BedOptions bedOptions,
      PeerOptions peers,
      List<BenchImage> images,
      List<BenchWay> ways,
      Options options) {
    this.bedOptions = bedOptions;
    this.peers = peers;
    this.images = images;
    this.ways = ways;
    this.options = options;
  }

  /** Makes the images that are not there. */
  ImageStore provide() throws IOException {
    var store = new ImageStore(peers.kept(), bedOptions.launcher());
    var layers = new DebianLayers(store);
    for (var image : images) {
      layers.provide(image);
    }
    store.layer(SMALL, SMALL_RECIPE, StartsHere::small);
    store.image(SMALL, ContainerDefaults.DEFAULT, List.of(SMALL));
    return store;
  }

  private static ImageTree small() {
    var tree = new ImageTree().directory("small");
    for (int i = 0; i < 20; i++) {
      tree.file("small/" + i, FileContent.generated(1_000, i));
    }
    return tree;
  }

  /** Measures and prints the table. */
  void measure() throws IOException {
    var layout = provide().layout();
    try (var bed = bedOptions.start(peers.others())) {
      for (var image : images) {
        bed.registry().serve(image.word(), layout);
      }
      bed.registry().serve(SMALL, layout);
      StartsTable.printHead();
      for (var image : images) {
        measure(bed, layout, image);
      }
      System.out.println();
      System.out.println("The daemon listened after " + bed.ready().toMillis() + " ms.");
    }
  }

  private void measure(Bed bed, OciLayout layout, BenchImage image) throws IOException {
    var starts = BenchStarts.on(bed, bedOptions.launcher(), options.quiet());
    var program = new BenchProgram(image.command(), image.answer());
    var bound = bound(bed, starts, layout, image, program);
    for (var link : options.links()) {
      bed.registry().setLink(Bed.link(link));
      var table = new StartsTable(image.word() + ", " + Bed.linkTitle(link));
      for (int round = 0; round < options.rounds(); round++) {
        for (var way : ways) {
          for (var state : states(way)) {
            prepare(bed, starts, way, state);
            var extent =
                state == DaemonState.FRESH ? BenchStarts.Extent.WHOLE : BenchStarts.Extent.START;
            table.add(way, state, starts.once(way, reference(bed, image, way), program, extent));
          }
        }
      }
      table.print(bound.seconds(Bed.link(link), table.local()), bound.neededMegabytes());
    }
  }

  private Bound bound(
      Bed bed, BenchStarts starts, OciLayout layout, BenchImage image, BenchProgram program)
      throws IOException {
    var lazy =
        ways.stream().filter(way -> way.ours() && way.format() != BenchFormat.GZIP).findFirst();
    if (lazy.isEmpty()) {
      return Bound.UNKNOWN;
    }
    var way = lazy.get();
    var tag = way.format().tag(image.word());
    return Bound.measure(bed, starts, way, reference(bed, image, way), layout, tag, program);
  }

  private List<DaemonState> states(BenchWay way) {
    var states = new ArrayList<>(List.of(DaemonState.FRESH));
    if (way.ours()) {
      states.add(DaemonState.WARM);
      if (!options.idle().isZero()) {
        states.add(DaemonState.IDLE);
      }
    }
    return states;
  }

  private void prepare(Bed bed, BenchStarts starts, BenchWay way, DaemonState state)
      throws IOException {
    if (!way.ours()) {
      return;
    }
    bed.freshDaemon();
    Bed.pause(options.settle().toMillis());
    if (state != DaemonState.FRESH) {
      starts.pullOnly(way, bed.registry().reference(SMALL, way.format().tag(SMALL)));
    }
    if (state == DaemonState.IDLE) {
      Bed.pause(options.idle().toMillis());
    }
  }

  private static String reference(Bed bed, BenchImage image, BenchWay way) {
    return way.reference()
        .orElse(bed.registry().reference(image.word(), way.format().tag(image.word())));
  }
}
