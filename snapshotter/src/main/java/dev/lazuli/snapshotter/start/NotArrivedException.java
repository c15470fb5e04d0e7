package dev.lazuli.snapshotter.start;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** A part of a file is wanted that is not here yet. Whoever wanted it begins again when it is. */
final class NotArrivedException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient CompletableFuture<Void> arrival;

  NotArrivedException(String path, CompletableFuture<Void> arrival) {
    super(path + ": has not arrived yet");
    this.arrival = arrival;
  }

  /** Completes when the part is here, with an error when it will not come. */
  CompletableFuture<Void> arrival() {
    return arrival;
  }
}
