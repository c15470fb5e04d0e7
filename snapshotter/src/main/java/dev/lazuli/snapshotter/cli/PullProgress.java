package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.containerd.LayerState;
import dev.lazuli.snapshotter.containerd.PullListener;
import dev.lazuli.snapshotter.registry.Descriptor;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Shows how a pull gets on. On a terminal each layer has a line that changes, drawn again ten times
 * a second at most; elsewhere each step of each layer gets a line of its own. Safe for use by
 * several threads.
 */
final class PullProgress implements PullListener, AutoCloseable {
  private static final int SHORT_DIGEST = 19;
  private static final long REDRAW_NANOS = Duration.ofMillis(100).toNanos();
  private static final String CLEAR_LINE = "\u001b[K";

  /** What is known of a layer. */
  private static final class Line {
    LayerState state = LayerState.WAITING;
    long downloaded;
  }

  private final PrintWriter out;
  private final boolean terminal;
  private final Map<Descriptor, Line> layers = new LinkedHashMap<>();
  private int drawnLines;
  private long drawnAt = System.nanoTime() - REDRAW_NANOS;

  PullProgress(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  @Override
  public synchronized void resolved(Descriptor root) {
    print(root, "resolved");
    out.flush();
  }

  @Override
  public synchronized void layers(List<Descriptor> all) {
    finish();
    layers.clear();
    drawnLines = 0;
    all.forEach(layer -> layers.put(layer, new Line()));
    draw();
  }

  @Override
  public synchronized void state(Descriptor layer, LayerState state) {
    line(layer).state = state;
    if (terminal) {
      draw();
    } else if (state != LayerState.WAITING) {
      print(layer, words(state));
      out.flush();
    }
  }

  @Override
  public synchronized void downloaded(Descriptor layer, long bytes) {
    line(layer).downloaded = bytes;
    if (System.nanoTime() - drawnAt >= REDRAW_NANOS) {
      draw();
    }
  }

  private Line line(Descriptor layer) {
    return layers.computeIfAbsent(layer, _ -> new Line());
  }

  private void draw() {
    if (!terminal) {
      return;
    }
    if (drawnLines > 0) {
      out.printf("\u001b[%dA", drawnLines);
    }
    layers.forEach((layer, line) -> print(layer, words(layer, line) + CLEAR_LINE));
    drawnLines = layers.size();
    drawnAt = System.nanoTime();
    out.flush();
  }

  private void print(Descriptor content, String what) {
    out.printf(
        "%s %,13d bytes  %s%n",
        content.digest().toString().substring(0, SHORT_DIGEST), content.size(), what);
  }

  private static String words(Descriptor layer, Line line) {
    if (line.state != LayerState.DOWNLOADING) {
      return words(line.state);
    }
    long percent = layer.size() == 0 ? 100 : line.downloaded * 100 / layer.size();
    return words(line.state) + " " + percent + " %";
  }

  private static String words(LayerState state) {
    return switch (state) {
      case WAITING -> "waiting";
      case PRESENT -> "already here";
      case MOUNTED -> "mounted lazily";
      case DOWNLOADING -> "downloading";
      case UNPACKING -> "unpacking";
      case UNPACKED -> "unpacked";
    };
  }

  private void finish() {
    if (drawnLines > 0) {
      draw();
    }
  }

  /** Draws the last state. */
  @Override
  public synchronized void close() {
    finish();
  }
}
