package dev.lazuli.snapshotter.bench;

import dev.lazuli.snapshotter.bench.ReadingLists.Order;
import java.io.IOException;

/**
 * One pull with one reading of a share.
 *
 * @param image the name of an image on the bed
 * @param link as {@link Bed#link} reads it
 * @param order in which files are read
 * @param share in percent
 * @param way who pulls
 */
record DensityRun(String image, String link, Order order, int share, BenchWay way) {
  private static final String CONTAINER = "density-" + ProcessHandle.current().pid();

  /**
   * Measures; the image is not there before and after.
   *
   * @param bytes that the files to read have
   * @throws IOException also if other bytes were read
   */
  DensityPoint measure(Bed bed, String launcher, long bytes) throws IOException {
    bed.registry().setLink(Bed.link(link));
    bed.registry().resetCounters();
    var containers = new Containers(bed.containerdSocket());
    var reference = bed.registry().reference(image, way.format().tag(image));
    long began = System.nanoTime();
    try {
      way.pull(launcher, bed.containerdSocket(), reference, /* plainHttp= */ true);
      var output =
          containers
              .ctr("run", "--rm", "--snapshotter", way.snapshotter(), reference, CONTAINER)
              .with(ReadingLists.command(order, share).toArray(String[]::new))
              .check()
              .output()
              .strip();
      double seconds = (System.nanoTime() - began) / 1e9;
      var counters = bed.registry().counters();
      if (!output.equals(Long.toString(bytes))) {
        throw new IOException("%s: %s bytes were read, not %d".formatted(this, output, bytes));
      }
      return new DensityPoint(
          image,
          link,
          order.word(),
          share,
          way.title(),
          seconds,
          counters.bodyBytes() / 1e6,
          counters.requests());
    } finally {
      var _ = containers.ctr("image", "rm", "--sync", reference).run();
    }
  }
}
