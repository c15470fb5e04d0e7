package dev.lazuli.snapshotter.cli.output;

import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.snapshotter.containerd.LayerProgress;
import dev.lazuli.snapshotter.containerd.PullListener;
import dev.lazuli.snapshotter.status.LayerStatus;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Shows how a pull is going. On a terminal each layer has a line that changes, drawn again ten
 * times a second at most, and a mounted layer's line tells what the daemon has fetched of it so
 * far; elsewhere each step of each layer gets a line of its own. Safe for use by several threads.
 */
public final class PullProgress implements PullListener, AutoCloseable {
  private static final int SHORT_DIGEST = 19;
  private static final long REDRAW_NANOS = Duration.ofMillis(100).toNanos();
  private static final long ASK_MILLIS = 200;
  private static final String CLEAR_LINE = "\u001b[K";

  /** What is known of a layer. */
  private static final class Line {
    LayerProgress state = LayerProgress.WAITING;
    long downloaded;
    @Nullable LayerStatus onNode;
  }

  /** Asks the node's daemon what it has of which layers. */
  @FunctionalInterface
  public interface Node {
    /** Returns all that it serves; an error if it cannot be asked. */
    List<LayerStatus> layers() throws IOException;
  }

  private final PrintWriter out;
  private final boolean terminal;
  private final Node node;
  private final Map<Descriptor, Line> layers = new LinkedHashMap<>();
  private final @Nullable Thread asking;
  private int drawnLines;
  private long drawnAt = System.nanoTime() - REDRAW_NANOS;

  /**
   * Starts to show.
   *
   * @param terminal whether lines can be drawn again
   * @param node asked now and then, on a terminal, until it fails for the first time
   */
  public PullProgress(PrintWriter out, boolean terminal, Node node) {
    this.out = out;
    this.terminal = terminal;
    this.node = node;
    this.asking =
        terminal ? Thread.ofVirtual().name("rpull-progress").start(this::askOnAndOn) : null;
  }

  private void askOnAndOn() {
    try {
      while (true) {
        Thread.sleep(ASK_MILLIS);
        ask();
      }
    } catch (InterruptedException | IOException e) {
      // The pull is over, or somebody else's daemon mounts for it: the lines say less, no more.
    }
  }

  /** Returns whether the node will be asked again. */
  boolean isAsking() {
    return asking != null && asking.isAlive();
  }

  /** Learns what the node has of the layers, and shows it. */
  private void ask() throws IOException {
    if (!anyOnNode()) {
      return;
    }
    var here = new HashMap<String, LayerStatus>();
    node.layers().forEach(layer -> here.put(layer.digest(), layer));
    synchronized (this) {
      layers.forEach((layer, line) -> line.onNode = here.get(layer.digest().toString()));
      draw();
    }
  }

  private synchronized boolean anyOnNode() {
    return layers.values().stream().anyMatch(PullProgress::mayBeOnNode);
  }

  /** A layer that is waited for may be one that the daemon pulls whole. */
  private static boolean mayBeOnNode(Line line) {
    return line.state == LayerProgress.MOUNTED || line.state == LayerProgress.WAITING;
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
  public synchronized void state(Descriptor layer, LayerProgress state) {
    line(layer).state = state;
    if (terminal) {
      draw();
    } else if (state != LayerProgress.WAITING) {
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
    if (line.state == LayerProgress.MOUNTED && line.onNode != null) {
      return words(line.state) + ", " + words(line.onNode);
    }
    if (line.state == LayerProgress.WAITING && line.onNode != null) {
      return words(line.onNode);
    }
    if (line.state != LayerProgress.DOWNLOADING) {
      return words(line.state);
    }
    long percent = layer.size() == 0 ? 100 : line.downloaded * 100 / layer.size();
    return words(line.state) + " " + percent + " %";
  }

  private static String words(LayerStatus onNode) {
    String here = "%,d of %,d bytes here".formatted(onNode.presentBytes(), onNode.sizeBytes());
    return switch (onNode.fetch()) {
      case PREFETCH -> "prefetching, " + here;
      case DEMAND, BACKGROUND -> "fetching, " + here;
      case PULL -> "pulling, " + here;
      case COMPLETE -> "complete";
      case WAITING, IDLE -> here;
    };
  }

  private static String words(LayerProgress state) {
    return switch (state) {
      case WAITING -> "waiting";
      case PRESENT -> "already here";
      case MOUNTED -> "mounted";
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
  public void close() {
    if (asking != null) {
      asking.interrupt();
    }
    synchronized (this) {
      finish();
    }
  }
}
