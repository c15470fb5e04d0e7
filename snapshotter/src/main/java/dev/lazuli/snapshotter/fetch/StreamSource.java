package dev.lazuli.snapshotter.fetch;

import dev.lazuli.estargz.BlobRanges;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ByteRange;
import dev.lazuli.snapshotter.fetch.plan.Flight;
import java.io.IOException;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where one stream gets its bytes: its layer's blob, of which it opens ranges. Whoever ends the
 * stream ends their opening and closes their bodies. The time that the stream waits is measured.
 */
final class StreamSource {
  private final AttachedLayer layer;
  private final Flight flight;
  private final LongSupplier clock;
  private final KillSwitch killSwitch = new KillSwitch();
  private boolean wrongBytes;
  private boolean failed;

  /**
   * Makes the source of a stream that is about to start.
   *
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  StreamSource(AttachedLayer layer, Flight flight, LongSupplier clock) {
    this.layer = layer;
    this.flight = flight;
    this.clock = clock;
  }

  AttachedLayer layer() {
    return layer;
  }

  Flight flight() {
    return flight;
  }

  /** Ends the stream, from any thread; the first reason counts. */
  void kill(IOException reason) {
    killSwitch.kill(reason);
  }

  /** Returns whether the stream was ended from outside; any thread may ask. */
  boolean isKilled() {
    return killSwitch.isKilled();
  }

  /** See {@link KillSwitch#reason}. */
  @Nullable Throwable reason(Throwable e) {
    return killSwitch.reason(e);
  }

  /** Opens ranges, which are then to be {@linkplain #close closed}. */
  BlobRanges open(List<ByteRange> ranges) throws IOException {
    BlobRanges opened = waitFor(() -> killSwitch.opening(() -> layer.source().open(ranges)));
    killSwitch.opened(opened::close);
    return opened;
  }

  /** Goes to the next of the ranges, which there must be. */
  BlobStream next(BlobRanges ranges) throws IOException {
    BlobStream next = waitFor(() -> killSwitch.opening(ranges::next));
    if (next == null) {
      throw new IOException("layer " + layer.name() + ": a range was left out");
    }
    return next;
  }

  /** Waits for what the source delivers. */
  <T extends @Nullable Object> T waitFor(KillSwitch.Opening<T> what) throws IOException {
    flight.meter().waits(clock.getAsLong());
    try {
      return what.open();
    } catch (IOException e) {
      failed();
      throw e;
    } finally {
      flight.meter().goesOn(clock.getAsLong());
    }
  }

  void close(BlobRanges ranges) {
    killSwitch.bodyClosed();
    ranges.close();
  }

  /** The source has not done what it is there for. */
  void failed() {
    failed = true;
  }

  /** A range was not delivered to its end. If that was for the source, others are asked first. */
  void brokeOff(ByteRange range) {
    if (failed || isKilled()) {
      layer.source().brokeOff(range.offset(), range.length());
    }
  }

  /** What came was not what the layer's index promises. */
  void cameWrong(ByteRange range) {
    wrongBytes = true;
    layer.source().wrongBytes(range.offset(), range.length());
  }

  /** Returns whether the stream failed because something came wrong. */
  boolean hasWrongBytes() {
    return wrongBytes && !isKilled();
  }
}
