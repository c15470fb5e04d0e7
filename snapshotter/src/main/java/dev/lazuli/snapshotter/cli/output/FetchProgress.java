package dev.lazuli.snapshotter.cli.output;

import dev.lazuli.snapshotter.status.LayerStatus;
import java.io.PrintWriter;
import java.util.List;

/**
 * How far a fetch is: on a terminal one line that is written over, elsewhere a line for each layer
 * that became complete and one every few seconds. Used by one thread.
 */
public final class FetchProgress {
  private static final String CLEAR_LINE = "\r\u001b[K";
  private static final long LINE_NANOS = 5_000_000_000L;

  private final PrintWriter out;
  private final boolean terminal;
  private long lastLine = System.nanoTime() - LINE_NANOS;
  private long lastComplete;

  public FetchProgress(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  public void show(List<LayerStatus> layers) {
    long complete = layers.stream().filter(LayerStatus::complete).count();
    if (terminal) {
      out.print(CLEAR_LINE + line(layers, complete));
    } else if (complete > lastComplete || System.nanoTime() - lastLine >= LINE_NANOS) {
      out.println(line(layers, complete));
      lastLine = System.nanoTime();
    }
    lastComplete = complete;
    out.flush();
  }

  public void end() {
    if (terminal) {
      out.println();
      out.flush();
    }
  }

  private static String line(List<LayerStatus> layers, long complete) {
    long present = layers.stream().mapToLong(LayerStatus::presentBytes).sum();
    long size = layers.stream().mapToLong(LayerStatus::sizeBytes).sum();
    long rate = layers.stream().mapToLong(LayerStatus::bytesPerSecond).sum();
    return "%d of %d layers complete, %s of %s (%s)%s"
        .formatted(
            complete,
            layers.size(),
            StatusTable.size(present),
            StatusTable.size(size),
            StatusTable.percent(present, size),
            rate == 0 ? "" : ", " + StatusTable.size(rate) + "/s");
  }
}
