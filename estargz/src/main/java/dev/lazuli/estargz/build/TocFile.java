package dev.lazuli.estargz.build;

import dev.lazuli.estargz.tar.TarEntry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A tar entry on its way into the TOC: complete when its chunks lie in the blob. */
final class TocFile {
  /**
   * One chunk. The compressing thread sets its place relative to the segment; the writing thread
   * makes it absolute and sets {@link #written}.
   */
  static final class Chunk {
    final long fileOffset;
    final int size;
    long blobOffset;
    long innerOffset;
    String digest = "";
    boolean written;

    Chunk(long fileOffset, int size) {
      this.fileOffset = fileOffset;
      this.size = size;
    }
  }

  final TarEntry entry;
  final List<Chunk> chunks = new ArrayList<>();

  /** Digest of the whole content; null while it is being read. */
  @Nullable String digest;

  TocFile(TarEntry entry) {
    this.entry = entry;
  }

  boolean isComplete() {
    return digest != null && (chunks.isEmpty() || chunks.getLast().written);
  }
}
