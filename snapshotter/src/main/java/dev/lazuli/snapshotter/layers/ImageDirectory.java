package dev.lazuli.snapshotter.layers;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.lazuli.bridge.erofs.EntryVisitor;
import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.bridge.kernel.FileMode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** A directory of a layer's metadata image. */
record ImageDirectory(ErofsImage image, long nid) implements LayerEntry.Directory {
  /** FT_DIR of uapi/linux/fs_types.h. */
  private static final int DIRECTORY_ENTRY = 2;

  private static final int IMPLIED_PERMISSIONS = 0755;

  /** How many names are on the heap at a time. */
  private static final int BATCH = 64;

  static ImageDirectory root(ErofsImage image) {
    return new ImageDirectory(image, image.rootNid());
  }

  @Override
  public DirectoryAttributes attributes() throws IOException {
    return new DirectoryAttributes(
        image.mode(nid),
        image.uid(nid),
        image.gid(nid),
        image.mtimeSeconds(nid),
        image.mtimeNanos(nid),
        xattrs());
  }

  private SortedMap<String, byte[]> xattrs() throws IOException {
    var xattrs = new TreeMap<String, byte[]>();
    int size = image.listXattrs(nid, MemorySegment.ofArray(new byte[0]));
    if (size > 0) {
      var names = new byte[size];
      image.listXattrs(nid, MemorySegment.ofArray(names));
      // Each name ends with a NUL, the last one too.
      for (var name : new String(names, 0, size - 1, ISO_8859_1).split("\0", -1)) {
        xattrs.put(name, xattr(name));
      }
    }
    return xattrs;
  }

  private byte[] xattr(String name) throws IOException {
    var value = new byte[image.getXattr(nid, bytes(name), MemorySegment.ofArray(new byte[0]))];
    image.getXattr(nid, bytes(name), MemorySegment.ofArray(value));
    return value;
  }

  @Override
  public boolean isOpaque() throws IOException {
    return image.isOpaque(nid);
  }

  @Override
  public LayerEntry.AttributeSource source() throws IOException {
    if (image.isImpliedFirst(nid)) {
      return LayerEntry.AttributeSource.LATE_ENTRY;
    }
    if (image.tellsImplied()) {
      return image.isImplied(nid)
          ? LayerEntry.AttributeSource.IMPLIED
          : LayerEntry.AttributeSource.ENTRY;
    }
    return looksImplied() ? LayerEntry.AttributeSource.UNKNOWN : LayerEntry.AttributeSource.ENTRY;
  }

  /** Returns whether the attributes are those that implied directories get. */
  private boolean looksImplied() throws IOException {
    return (image.mode(nid) & ~FileMode.TYPE_MASK) == IMPLIED_PERMISSIONS
        && image.uid(nid) == 0
        && image.gid(nid) == 0
        && image.mtimeSeconds(nid) == 0
        && image.mtimeNanos(nid) == 0
        && attributes().xattrs().isEmpty();
  }

  @Override
  public LayerEntry child(String name) throws IOException {
    var bytes = bytes(name);
    long child = image.lookup(nid, bytes, 0, (int) bytes.byteSize());
    if (child == ErofsImage.ABSENT) {
      return LayerEntry.Other.ABSENT;
    }
    return FileMode.isDirectory(image.mode(child))
        ? new ImageDirectory(image, child)
        : LayerEntry.Other.HIDING;
  }

  @Override
  public void forEachDirectory(LayerEntry.NameVisitor visitor) throws IOException {
    var batch = new Batch();
    do {
      batch.names.clear();
      image.forEachEntry(nid, batch.cookie, batch);
      for (var name : batch.names) {
        visitor.name(name);
      }
    } while (batch.names.size() == BATCH);
  }

  /** Names of directories, until there are enough, and where to go on. */
  private static final class Batch implements EntryVisitor {
    final List<String> names = new ArrayList<>(BATCH);
    long cookie;

    @Override
    public boolean entry(
        MemorySegment segment, long offset, int length, long nid, int type, long next) {
      if (names.size() == BATCH) {
        return false;
      }
      cookie = next;
      if (type == DIRECTORY_ENTRY) {
        var bytes = segment.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
        var name = new String(bytes, ISO_8859_1);
        if (!name.equals(".") && !name.equals("..")) {
          names.add(name);
        }
      }
      return true;
    }
  }

  private static MemorySegment bytes(String text) {
    return MemorySegment.ofArray(text.getBytes(ISO_8859_1));
  }
}
