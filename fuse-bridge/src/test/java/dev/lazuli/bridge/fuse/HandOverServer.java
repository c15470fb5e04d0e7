package dev.lazuli.bridge.fuse;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.bridge.erofs.ErofsImage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A daemon to be killed: serves one layer with random delays until its input ends, then unmounts;
 * or, if the input says {@code leave SECONDS}, leaves the session to the next and ends.
 */
final class HandOverServer {
  static final long SLOT = 5;

  /** Instead of the seconds of patience. */
  static final String NO_KEEPER = "0";

  /** After the seconds: the kernel is to be one that sends no request again. */
  static final String NO_RESEND = "no-resend";

  /** After the seconds: no read is answered. */
  static final String STUCK = "stuck";

  /** What it says once it serves, if it began the session. */
  static final String MOUNTED = "mounted";

  /** What it says once it serves, if it took the session over. */
  static final String RESUMED = "resumed";

  /** What it says of each read that it will not answer. */
  static final String TAKEN = "taken";

  private HandOverServer() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Path directory = Path.of(args[0]);
    List<String> manners = Arrays.asList(args).subList(2, args.length);
    try (var image = ErofsImage.open(directory.resolve("meta.erofs"))) {
      BlobHandler layers =
          (manners.contains(STUCK) ? new Stuck() : new Delayed()).with(SLOT, image.deviceSize());
      TreeProvider trees = slot -> slot == SLOT ? image : null;
      var options = SessionOptions.defaults();
      var session =
          session(
              directory,
              layers,
              trees,
              manners.contains(NO_RESEND) ? options.withoutResend() : options,
              args[1]);
      say(session.wasResumed() ? RESUMED : MOUNTED);
      String order = new BufferedReader(new InputStreamReader(System.in, UTF_8)).readLine();
      if (order != null) {
        session.leave(Duration.ofSeconds(Integer.parseInt(order.substring("leave ".length()))));
        Runtime.getRuntime().halt(0);
      }
      session.close();
    }
  }

  private static FuseSession session(
      Path directory,
      BlobHandler layers,
      TreeProvider trees,
      SessionOptions options,
      String patience)
      throws IOException {
    Path place = directory.resolve("fs");
    if (patience.equals(NO_KEEPER)) {
      return FuseSession.mount(place, layers, trees, options);
    }
    var wait = Duration.ofSeconds(Integer.parseInt(patience));
    var keeper = Keeper.of(System.getenv(), directory, wait);
    return FuseSession.resumeOrMount(place, layers, trees, null, options, keeper);
  }

  private static void say(String word) {
    System.out.println(word);
    System.out.flush();
  }

  private static final class Stuck extends PatternLayers {
    @Override
    public void read(long slot, long offset, int length, ReadReply reply) {
      say(TAKEN);
    }
  }

  private static final class Delayed extends PatternLayers {
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
  }

  /** An answer that takes a while. */
  private static void sleep(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
