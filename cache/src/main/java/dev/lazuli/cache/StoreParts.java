package dev.lazuli.cache;

import dev.lazuli.cache.disk.Disk;
import java.io.IOException;

/** What the layers of one store share. */
record StoreParts(
    StoreOptions options,
    DiskUsage usage,
    Pressure pressure,
    Room room,
    ChunkReuse reuse,
    IdleLayers idle,
    Doubts doubts) {

  Disk disk() {
    return options.disk();
  }

  /**
   * A write has failed: makes room if the disk is full and a reader waits.
   *
   * @param awaited whether somebody waits for what was written
   */
  void failed(IOException e, boolean awaited) {
    if (room.isFull(e) && awaited) {
      pressure.diskFull();
    }
  }
}
