package dev.lazuli.estargz.compare;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.estargz.read.CollectingSink;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What an index says, as a layer that is mounted by it would show it. */
public record IndexTree(LayerIndex index) implements ShownTree {
  /** Reads a blob whole and returns what is wrong with it, or with an index of it. */
  public static Optional<String> problem(LayerIndex index, BlobSource blob) throws IOException {
    var memory = new IndexMemory(Limits.DEFAULT.indexBytes(), 1);
    try (var decoder = new ChunkDecoder(Limits.DEFAULT);
        var check =
            new LayerCheck(Limits.DEFAULT, memory.claim("test", Duration.ofMinutes(1)), index);
        var range = blob.open(0, blob.size())) {
      var compression = index.format().compression();
      var found = decoder.decodeWhole(compression, range, index, new CollectingSink(), check);
      return found.problem().isPresent() ? found.problem() : check.difference(new IndexTree(index));
    }
  }

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
    var found = new long[] {ABSENT};
    index.forEachChild(
        (int) directory,
        (other, inode) -> {
          if (other.mismatch(name) < 0) {
            found[0] = inode;
          }
        });
    return found[0];
  }

  @Override
  public void forEachChild(long directory, NameVisitor visitor) {
    index.forEachChild(
        (int) directory,
        (name, inode) -> {
          try {
            visitor.name(name, inode);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  @Override
  public void close() {}
}
