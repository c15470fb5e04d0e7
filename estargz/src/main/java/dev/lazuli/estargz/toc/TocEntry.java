package dev.lazuli.estargz.toc;

import org.jspecify.annotations.Nullable;

/**
 * One TOC entry as the parser read it, used again for the next. Numbers are within their field's
 * range; what they mean together is checked by {@link LayerIndexBuilder}.
 */
final class TocEntry {
  @Nullable EntryKind kind;
  final Utf8Buffer name = new Utf8Buffer();
  final Utf8Buffer link = new Utf8Buffer();
  long size;
  int mode;
  int uid;
  int gid;
  long mtimeSeconds;
  int mtimeNanos;
  int deviceMajor;
  int deviceMinor;
  long blobOffset;
  long innerOffset;
  long chunkOffset;
  long chunkSize;

  /** The chunk is a hole, without bytes in the blob. */
  boolean zeros;

  final byte[] digest = new byte[32];
  boolean hasDigest;
  final byte[] chunkDigest = new byte[32];
  boolean hasChunkDigest;

  /** As {@link Xattrs} describes it, without the count. */
  final Utf8Buffer xattrs = new Utf8Buffer();

  int xattrCount;

  void clear() {
    kind = null;
    name.clear();
    link.clear();
    size = 0;
    mode = 0;
    uid = 0;
    gid = 0;
    mtimeSeconds = 0;
    mtimeNanos = 0;
    deviceMajor = 0;
    deviceMinor = 0;
    blobOffset = 0;
    innerOffset = 0;
    chunkOffset = 0;
    chunkSize = 0;
    zeros = false;
    hasDigest = false;
    hasChunkDigest = false;
    xattrs.clear();
    xattrCount = 0;
  }
}
