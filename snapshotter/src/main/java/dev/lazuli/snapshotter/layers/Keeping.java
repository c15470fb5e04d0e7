package dev.lazuli.snapshotter.layers;

import dev.lazuli.bridge.fuse.FuseSession;
import dev.lazuli.bridge.fuse.Keeper;
import dev.lazuli.bridge.fuse.SessionOptions;
import dev.lazuli.snapshotter.layers.serve.ServedLayers;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How a daemon leaves its FUSE session to the next one.
 *
 * @param patience how long readers wait for the next daemon after this one
 * @param resend false to treat every kernel as one that cannot resend requests; see {@link
 *     SessionOptions}
 */
public record Keeping(Duration patience, boolean resend) {
  /**
   * How long a daemon that stops waits for the content of reads that no other can answer. Less than
   * what service managers grant a stop: systemd 90 seconds, Kubernetes 30.
   */
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(25);

  SessionOptions options() {
    var options = SessionOptions.defaults();
    return resend ? options : options.withoutResend();
  }

  /** Goes on with a former daemon's session, or mounts one; see {@link FuseSession}. */
  static FuseSession open(LayerService.Setup setup, Path fuse, ServedLayers served)
      throws IOException {
    var store = setup.shown().orElse(null);
    if (setup.keeping().isEmpty()) {
      return FuseSession.mount(fuse, served, served, store, SessionOptions.defaults());
    }
    var keeping = setup.keeping().get();
    var keeper = Keeper.of(System.getenv(), setup.state(), keeping.patience());
    return FuseSession.resumeOrMount(fuse, served, served, store, keeping.options(), keeper);
  }

  /**
   * Leaves a session to the next daemon; see {@link FuseSession#leave}. Whoever answers its reads
   * must go on doing so until this returns.
   */
  static void leave(FuseSession session) {
    try {
      session.leave(LAST_ANSWERS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns what an operator should know of what readers will feel when this process ends. */
  static List<String> warnings(FuseSession session) {
    if (!session.whyNotKept().isEmpty()) {
      return List.of(
          "when this daemon stops, running containers on lazy mounts get I/O errors: "
              + session.whyNotKept());
    }
    if (!session.canResend()) {
      return List.of(
          "if this daemon crashes, reads that are waiting for content can fail:"
              + " this kernel cannot resend FUSE requests (Linux 6.9 and newer can)");
    }
    return List.of();
  }
}
