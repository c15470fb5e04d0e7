package dev.lazuli.estargz.toc;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.Limits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeMap;

/** TOCs in a test's own words, and what became of them in words as well. */
final class TocFixture {
  static final String DIGEST = "sha256:" + "ab".repeat(32);

  /** A file with one chunk at a blob offset. */
  static String file(String name, long size, long offset) {
    return "{'name':'%s','type':'reg','size':%d,'offset':%d,'chunkDigest':'%s','mode':420}"
        .formatted(name, size, offset, DIGEST);
  }

  static String entry(String type, String name) {
    return "{'name':'%s','type':'%s','mode':493}".formatted(name, type);
  }

  static String link(String type, String name, String target) {
    return "{'name':'%s','type':'%s','linkName':'%s'}".formatted(name, type, target);
  }

  static LayerIndex index(String... entries) throws IOException {
    return index(Limits.DEFAULT, entries);
  }

  static LayerIndex index(Limits limits, String... entries) throws IOException {
    return parse(limits, "{'version':1,'entries':[" + String.join(",", entries) + "]}");
  }

  static LayerIndex parse(Limits limits, String json) throws IOException {
    return parse(limits, json.replace('\'', '"').getBytes(UTF_8));
  }

  static LayerIndex parse(byte[] json) throws IOException {
    return parse(Limits.DEFAULT, json);
  }

  private static LayerIndex parse(Limits limits, byte[] json) throws IOException {
    var facts =
        new LayerFacts(
            LayerFormat.ESTARGZ,
            Digest.ofSha256(new byte[32]),
            Digest.ofSha256(new byte[32]),
            1_000_000_000,
            true);
    try (var builder = new LayerIndexBuilder("test", limits, OpaqueXattr.TRUSTED)) {
      builder.read(new ByteArrayInputStream(json));
      return builder.build(facts);
    }
  }

  /** Returns every name of the tree, depth first, with its inode number. */
  static Map<String, Integer> names(LayerIndex index) {
    var names = new TreeMap<String, Integer>();
    collect(index, 0, "", names);
    return names;
  }

  /** Returns the inode of a name that is there. */
  static int inode(LayerIndex index, String name) {
    var inode = names(index).get(name);
    if (inode == null) {
      throw new NoSuchElementException(name);
    }
    return inode;
  }

  private static void collect(
      LayerIndex index, int directory, String path, Map<String, Integer> into) {
    index.forEachChild(
        directory,
        (name, inode) -> {
          var child = path + text(name);
          into.put(child, inode);
          collect(index, inode, child + "/", into);
        });
  }

  static List<String> xattrs(LayerIndex index, int inode) {
    var found = new ArrayList<String>();
    index.forEachXattr(inode, (name, value) -> found.add(text(name) + "=" + text(value)));
    return found;
  }

  static String text(MemorySegment segment) {
    return UTF_8.decode(segment.asByteBuffer()).toString();
  }

  private TocFixture() {}
}
