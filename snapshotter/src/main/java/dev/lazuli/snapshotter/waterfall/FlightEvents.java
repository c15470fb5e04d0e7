package dev.lazuli.snapshotter.waterfall;

import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.plan.FetchFailedException;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import java.io.IOException;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * Passes read misses and fetches of ranges on to Java Flight Recorder, as events whose names begin
 * with {@code dev.lazuli}.
 *
 * <p>Until a recording is started, each call costs one flag check, and none of the event classes is
 * loaded: the flight recorder's own classes would take megabytes of the daemon.
 */
public final class FlightEvents implements FetchListener {
  private FlightEvents() {}

  /** Returns the listener, one that does nothing if this Java runtime has no flight recorder. */
  public static FetchListener ofThisRuntime() {
    return ModuleLayer.boot().findModule("jdk.jfr").isPresent()
        ? new FlightEvents()
        : FetchListener.NONE;
  }

  @Override
  public void rangeDone(String layer, long offset, long bytes, long nanos, Priority priority) {
    if (FlightRecorder.isInitialized()) {
      RangeFetched.commit(layer, offset, bytes, nanos, priority);
    }
  }

  @Override
  public void rangeFailed(String layer, long offset, long bytes, IOException reason) {
    if (FlightRecorder.isInitialized()) {
      RangeFailed.commit(layer, offset, bytes, reason);
    }
  }

  @Override
  public void demandServed(String layer, int fromChunk, int toChunk, long nanos) {
    if (FlightRecorder.isInitialized()) {
      ReadMiss.commit(layer, fromChunk, toChunk, nanos);
    }
  }

  @Override
  public void demandFailed(String layer, FetchFailedException reason) {
    if (FlightRecorder.isInitialized()) {
      ReadFailed.commit(layer, reason);
    }
  }

  @Name("dev.lazuli.ReadMiss")
  @Label("Read Miss")
  @Description("A read waited for missing content and then got it")
  @Category("Lazuli")
  @StackTrace(false)
  @SuppressWarnings("UnusedVariable") // The recorder reads the fields.
  private static final class ReadMiss extends Event {
    @Label("Layer")
    String layer = "";

    @Label("First Chunk")
    int firstChunk;

    @Label("Chunks")
    int chunks;

    @Label("Wait")
    @Timespan(Timespan.NANOSECONDS)
    long waited;

    static void commit(String layer, int fromChunk, int toChunk, long nanos) {
      var event = new ReadMiss();
      if (event.shouldCommit()) {
        event.layer = layer;
        event.firstChunk = fromChunk;
        event.chunks = toChunk - fromChunk;
        event.waited = nanos;
        event.commit();
      }
    }
  }

  @Name("dev.lazuli.ReadFailed")
  @Label("Read Failed")
  @Description("A read waited for missing content and then failed with EIO")
  @Category("Lazuli")
  @StackTrace(false)
  @SuppressWarnings("UnusedVariable") // The recorder reads the fields.
  private static final class ReadFailed extends Event {
    @Label("Layer")
    String layer = "";

    @Label("Reason")
    String reason = "";

    static void commit(String layer, FetchFailedException reason) {
      var event = new ReadFailed();
      if (event.shouldCommit()) {
        event.layer = layer;
        event.reason = String.valueOf(reason.getMessage());
        event.commit();
      }
    }
  }

  @Name("dev.lazuli.RangeFetched")
  @Label("Range Fetched")
  @Description("A range of a layer's blob arrived from a registry")
  @Category("Lazuli")
  @StackTrace(false)
  @SuppressWarnings("UnusedVariable") // The recorder reads the fields.
  private static final class RangeFetched extends Event {
    @Label("Layer")
    String layer = "";

    @Label("Offset")
    long offset;

    @Label("Bytes")
    @DataAmount
    long bytes;

    @Label("Time")
    @Timespan(Timespan.NANOSECONDS)
    long took;

    @Label("Priority")
    String priority = "";

    static void commit(String layer, long offset, long bytes, long nanos, Priority priority) {
      var event = new RangeFetched();
      if (event.shouldCommit()) {
        event.layer = layer;
        event.offset = offset;
        event.bytes = bytes;
        event.took = nanos;
        event.priority = priority.name();
        event.commit();
      }
    }
  }

  @Name("dev.lazuli.RangeFailed")
  @Label("Range Failed")
  @Description("A range of a layer's blob ended early; the reason names the registry's host")
  @Category("Lazuli")
  @StackTrace(false)
  @SuppressWarnings("UnusedVariable") // The recorder reads the fields.
  private static final class RangeFailed extends Event {
    @Label("Layer")
    String layer = "";

    @Label("Offset")
    long offset;

    @Label("Bytes")
    @Description("What had arrived before")
    @DataAmount
    long bytes;

    @Label("Reason")
    String reason = "";

    static void commit(String layer, long offset, long bytes, IOException reason) {
      var event = new RangeFailed();
      if (event.shouldCommit()) {
        event.layer = layer;
        event.offset = offset;
        event.bytes = bytes;
        event.reason = reason.toString();
        event.commit();
      }
    }
  }
}
