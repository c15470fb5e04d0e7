package dev.lazuli.snapshotter.waterfall;

/**
 * What was fetched before a reader asked for it, and what became of it.
 *
 * @param bytes content that was fetched ahead
 * @param readBytes the part of it in chunks that were read
 * @param decided whether the readers have been quiet since: the rest was fetched in vain, as far as
 *     the start goes
 */
public record Ahead(long bytes, long readBytes, boolean decided) {
  /** Nothing was fetched ahead. */
  public static final Ahead NONE = new Ahead(0, 0, true);

  /** Returns the content that nobody has read. */
  public long unreadBytes() {
    return bytes - readBytes;
  }

  /** Returns both together, decided only if both are. */
  public Ahead plus(Ahead other) {
    return new Ahead(bytes + other.bytes, readBytes + other.readBytes, decided && other.decided);
  }
}
