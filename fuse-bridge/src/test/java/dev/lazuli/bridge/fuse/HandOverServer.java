package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.erofs.ErofsImage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A daemon to be killed: serves one layer with random delays until its input ends, then unmounts;
 * or stops serving and ends if the input says {@code leave}.
 */
final class HandOverServer {
  static final long SLOT = 5;

  /** Instead of the seconds of patience. */
  static final int NO_KEEPER = 0;

  private HandOverServer() {}

  public static void main(String[] args) throws IOException {
    Path directory = Path.of(args[0]);
    int patience = Integer.parseInt(args[1]);
    try (var image = ErofsImage.open(directory.resolve("meta.erofs"))) {
      BlobHandler layers =
          new PatternLayers() {
            @Override
            public void read(long slot, long offset, int length, ReadReply reply) {
              int micros = ThreadLocalRandom.current().nextInt(3000);
              if (micros < 1000) {
                super.read(slot, offset, length, reply);
              } else {
                Thread.startVirtualThread(
                    () -> {
                      sleep(Duration.ofNanos(micros * 1000L));
                      super.read(slot, offset, length, reply);
                    });
              }
            }
          }.with(SLOT, image.deviceSize());
      Path place = directory.resolve("fs");
      TreeProvider trees = slot -> slot == SLOT ? image : null;
      var options = SessionOptions.defaults();
      var session =
          patience == NO_KEEPER
              ? FuseSession.mount(place, layers, trees, options)
              : FuseSession.resumeOrMount(
                  place,
                  layers,
                  trees,
                  options,
                  Keeper.of(System.getenv(), directory, Duration.ofSeconds(patience)));
      System.out.println(session.wasResumed() ? "resumed" : "mounted");
      System.out.flush();
      if (System.in.read() == 'l') {
        session.leave();
        Runtime.getRuntime().halt(0);
      }
      session.close();
    }
  }

  private static void sleep(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
