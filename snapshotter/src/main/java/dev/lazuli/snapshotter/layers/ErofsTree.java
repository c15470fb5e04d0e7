package dev.lazuli.snapshotter.layers;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.estargz.compare.ShownTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The files of a layer as its metadata image shows them to the kernel. */
final class ErofsTree implements ShownTree {
  private static final MemorySegment NOTHING = MemorySegment.ofArray(new byte[0]);

  private final ErofsImage image;

  /** Opens an image file. */
  @MustBeClosed
  ErofsTree(Path meta) throws IOException {
    image = ErofsImage.open(meta);
  }

  @Override
  public long root() {
    return image.rootNid();
  }

  @Override
  public boolean followsOurRules() throws IOException {
    return image.tellsImplied();
  }

  @Override
  public boolean isImplied(long file) throws IOException {
    return image.isImplied(file);
  }

  @Override
  public int mode(long file) throws IOException {
    return image.mode(file);
  }

  @Override
  public int uid(long file) throws IOException {
    return image.uid(file);
  }

  @Override
  public int gid(long file) throws IOException {
    return image.gid(file);
  }

  @Override
  public long mtimeSeconds(long file) throws IOException {
    return image.mtimeSeconds(file);
  }

  @Override
  public int mtimeNanos(long file) throws IOException {
    return image.mtimeNanos(file);
  }

  @Override
  public int linkCount(long file) throws IOException {
    return image.linkCount(file);
  }

  @Override
  public long size(long file) throws IOException {
    return image.size(file);
  }

  @Override
  public long dataOffset(long file) throws IOException {
    return image.dataOffset(file);
  }

  /** Bits 8 to 19 of the kernel's {@code new_encode_dev}. */
  @Override
  public int deviceMajor(long file) throws IOException {
    return (image.encodedDevice(file) >>> 8) & 0xfff;
  }

  /** Bits 0 to 7, and 20 to 31 above them. */
  @Override
  public int deviceMinor(long file) throws IOException {
    int device = image.encodedDevice(file);
    return (device & 0xff) | ((device >>> 12) & 0xfff00);
  }

  @Override
  public MemorySegment linkTarget(long file) throws IOException {
    return image.linkTarget(file);
  }

  @Override
  public Map<String, byte[]> xattrs(long file) throws IOException {
    int size = image.listXattrs(file, NOTHING);
    if (size == 0) {
      return Map.of();
    }
    var names = new byte[size];
    image.listXattrs(file, MemorySegment.ofArray(names));
    var all = new HashMap<String, byte[]>();
    for (var name : new String(names, ISO_8859_1).split("\0", -1)) {
      if (!name.isEmpty()) {
        all.put(name, xattr(file, MemorySegment.ofArray(name.getBytes(ISO_8859_1))));
      }
    }
    return all;
  }

  private byte[] xattr(long file, MemorySegment name) throws IOException {
    var value = new byte[image.getXattr(file, name, NOTHING)];
    image.getXattr(file, name, MemorySegment.ofArray(value));
    return value;
  }

  @Override
  public long child(long directory, MemorySegment name) throws IOException {
    long nid = image.lookup(directory, name, 0, (int) name.byteSize());
    return nid == ErofsImage.ABSENT ? ABSENT : nid;
  }

  @Override
  public void forEachChild(long directory, NameVisitor visitor) throws IOException {
    try {
      image.forEachEntry(
          directory,
          0,
          (segment, offset, length, nid, _, _) -> {
            var name = segment.asSlice(offset, length);
            if (!isDots(name)) {
              visit(visitor, name, nid);
            }
            return true;
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void visit(NameVisitor visitor, MemorySegment name, long nid) {
    try {
      visitor.name(name, nid);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isDots(MemorySegment name) {
    return name.byteSize() <= 2
        && name.get(ValueLayout.JAVA_BYTE, 0) == '.'
        && name.get(ValueLayout.JAVA_BYTE, name.byteSize() - 1) == '.';
  }

  @Override
  public void close() {
    image.close();
  }
}
