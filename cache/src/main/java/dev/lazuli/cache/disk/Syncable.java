package dev.lazuli.cache.disk;

import java.io.IOException;

/** What was written and can be had on the disk. */
@FunctionalInterface
public interface Syncable {
  /** Syncs content and size to the disk. */
  void sync() throws IOException;
}
