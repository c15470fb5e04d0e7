package dev.lazuli.estargz.toc;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import java.nio.charset.StandardCharsets;

/**
 * A path split into its components as Go's {@code path.Clean("/" + name)} cleans it: empty and
 * {@code .} components vanish, {@code ..} takes the component before it away and stays at the root.
 * Reusable.
 */
final class CleanPath {
  private final String layer;
  private final Limits limits;
  private final int[] starts;
  private final int[] ends;
  private byte[] bytes = {};
  private int depth;

  CleanPath(String layer, Limits limits) {
    this.layer = layer;
    this.limits = limits;
    starts = new int[limits.pathDepth()];
    ends = new int[limits.pathDepth()];
  }

  /** Splits {@code text}; its bytes are used in place until the next call. */
  void set(Utf8Buffer text) throws LayerFormatException {
    set(text.bytes(), text.length());
  }

  void set(byte[] path, int length) throws LayerFormatException {
    if (length > limits.pathBytes()) {
      throw new LayerFormatException(
          layer, "TOC entry path bytes", length, "at most " + limits.pathBytes());
    }
    bytes = path;
    depth = 0;
    for (int from = 0; from < length; ) {
      var to = from;
      while (to < length && path[to] != '/') {
        to++;
      }
      component(from, to);
      from = to + 1;
    }
  }

  private void component(int from, int to) throws LayerFormatException {
    var length = to - from;
    if (length == 0 || (length == 1 && bytes[from] == '.')) {
      return;
    }
    if (length == 2 && bytes[from] == '.' && bytes[from + 1] == '.') {
      depth = Math.max(0, depth - 1);
      return;
    }
    if (length > limits.nameBytes()) {
      throw new LayerFormatException(
          layer, "TOC entry name bytes", length, "at most " + limits.nameBytes());
    }
    if (depth == limits.pathDepth()) {
      throw new LayerFormatException(
          layer, "TOC entry path depth", depth + 1, "at most " + limits.pathDepth());
    }
    for (int i = from; i < to; i++) {
      if (bytes[i] == 0) {
        throw new LayerFormatException(layer, "TOC entry name", name(from, to), "no NUL");
      }
    }
    starts[depth] = from;
    ends[depth++] = to;
  }

  private String name(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }

  int depth() {
    return depth;
  }

  byte[] bytes() {
    return bytes;
  }

  int start(int component) {
    return starts[component];
  }

  int length(int component) {
    return ends[component] - starts[component];
  }

  boolean startsWith(int component, byte[] prefix) {
    if (length(component) < prefix.length) {
      return false;
    }
    for (int i = 0; i < prefix.length; i++) {
      if (bytes[starts[component] + i] != prefix[i]) {
        return false;
      }
    }
    return true;
  }

  boolean is(int component, byte[] name) {
    return length(component) == name.length && startsWith(component, name);
  }

  @Override
  public String toString() {
    var out = new StringBuilder();
    for (int i = 0; i < depth; i++) {
      out.append(i == 0 ? "" : "/").append(name(starts[i], ends[i]));
    }
    return out.toString();
  }
}
