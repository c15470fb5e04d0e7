package dev.lazuli.estargz.compare;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.lazuli.estargz.toc.LayerIndex;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * What an index says, as a layer that is mounted by it would show it.
 *
 * @param index stays the caller's
 */
record IndexTree(LayerIndex index) implements ShownTree {
  @Override
  public long root() {
    return 0;
  }

  @Override
  public boolean followsOurRules() {
    return true;
  }

  @Override
  public boolean isImplied(long file) {
    return index.isImplied((int) file);
  }

  @Override
  public int mode(long file) {
    return index.mode((int) file);
  }

  @Override
  public int uid(long file) {
    return index.uid((int) file);
  }

  @Override
  public int gid(long file) {
    return index.gid((int) file);
  }

  @Override
  public long mtimeSeconds(long file) {
    return index.mtimeSeconds((int) file);
  }

  @Override
  public int mtimeNanos(long file) {
    return index.mtimeNanos((int) file);
  }

  @Override
  public int linkCount(long file) {
    return index.linkCount((int) file);
  }

  @Override
  public long size(long file) {
    return index.size((int) file);
  }

  @Override
  public long dataOffset(long file) {
    return index.dataOffset((int) file);
  }

  @Override
  public int deviceMajor(long file) {
    return index.deviceMajor((int) file);
  }

  @Override
  public int deviceMinor(long file) {
    return index.deviceMinor((int) file);
  }

  @Override
  public MemorySegment linkTarget(long file) {
    return index.linkTarget((int) file);
  }

  @Override
  public Map<String, byte[]> xattrs(long file) {
    var all = new HashMap<String, byte[]>();
    index.forEachXattr(
        (int) file,
        (name, value) ->
            all.put(new String(name.toArray(JAVA_BYTE), ISO_8859_1), value.toArray(JAVA_BYTE)));
    return all;
  }

  @Override
  public long child(long directory, MemorySegment name) {
    for (int place = 0; place < index.childCount((int) directory); place++) {
      if (index.childName((int) directory, place).mismatch(name) < 0) {
        return index.child((int) directory, place);
      }
    }
    return ABSENT;
  }

  @Override
  public void forEachChild(long directory, NameVisitor visitor) throws IOException {
    for (int place = 0; place < index.childCount((int) directory); place++) {
      visitor.name(index.childName((int) directory, place), index.child((int) directory, place));
    }
  }

  @Override
  public void close() {}
}
