package dev.lazuli.estargz.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.tar.EntryType;
import dev.lazuli.estargz.tar.TarEntry;
import dev.lazuli.estargz.tar.TarReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Tells whether the entries of a layer mean the same in another order. They do not if a name occurs
 * twice (an entry replaces the one before, but a hard link between them keeps that), where a
 * whiteout and what it hides are there, or where a path leads through something that has an entry
 * and is not a directory (a symbolic link of the layer, or what replaces the directory later),
 * where hard links to one file disagree about its owner or the like, of which the last counts,
 * where a directory without an entry has its group from a setgid one, if that is there already, or
 * where a directory's entry comes after what lies in it: containerd has then given it the extended
 * attributes that it has in the layers below, and they stay. Reads the tar twice; keeps eight bytes
 * for each name, so that one false alarm in 2^64 is possible.
 */
final class EntryOrder {
  private static final String WHITEOUT = ".wh.";

  /** S_ISGID of uapi/linux/stat.h. */
  private static final int SETGID = 02000;

  private final Names names = new Names();
  private final Names others = new Names();
  private final Names setgid = new Names();

  /** Of names that are hard links the name of their file, all as hashes. */
  private final Map<Long, Long> linked = new HashMap<>();

  /** What the hard links to a file say of it, by its name's hash. */
  private final Map<Long, Integer> attributes = new HashMap<>();

  private EntryOrder() {}

  /** Returns why the order must stay as it is; empty if it need not. */
  static Optional<String> obstacle(SpooledTar tar) throws IOException {
    var order = new EntryOrder();
    order.collect(tar.from(0));
    return order.find(tar.from(0));
  }

  private void collect(TarReader reader) throws IOException {
    for (TarEntry entry; (entry = reader.next()) != null; reader.skipContent()) {
      var path = entry.path();
      if (!path.isEmpty() && !LazyEntries.contain(path)) {
        names.add(hidden(path));
        if (entry.type() != EntryType.DIRECTORY) {
          others.add(hidden(path));
        } else if ((entry.mode() & SETGID) != 0) {
          setgid.add(path);
        }
      }
    }
    names.sort();
    others.sort();
    setgid.sort();
  }

  private Optional<String> find(TarReader reader) throws IOException {
    for (TarEntry entry; (entry = reader.next()) != null; reader.skipContent()) {
      var path = entry.path();
      if (names.isTwice(hidden(path))) {
        return Optional.of("the layer has " + path + " twice");
      }
      names.pass(hidden(path));
      if (leadsThroughOther(path) || leadsThroughOther(TarEntry.cleaned(entry.linkTarget()))) {
        return Optional.of("a directory above " + path + " is not a directory throughout");
      }
      if (liesInLate(path)) {
        return Optional.of("a directory above " + path + " comes after it");
      }
      if (leadsFromSetgidToImplied(path)) {
        return Optional.of("a directory above " + path + " has its group from a setgid one");
      }
      if (entry.type() == EntryType.HARDLINK && disagrees(entry)) {
        return Optional.of("hard links to " + entry.linkName() + " differ in their attributes");
      }
    }
    return Optional.empty();
  }

  /** Returns what a whiteout hides; of anything else its own path. */
  private static String hidden(String path) {
    var name = path.lastIndexOf('/') + 1;
    return path.startsWith(WHITEOUT, name) && !path.startsWith(WHITEOUT + WHITEOUT, name)
        ? path.substring(0, name) + path.substring(name + WHITEOUT.length())
        : path;
  }

  private boolean leadsThroughOther(String path) {
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      if (others.has(path.substring(0, slash))) {
        return true;
      }
    }
    return false;
  }

  private boolean liesInLate(String path) {
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      if (names.isYetToPass(path.substring(0, slash))) {
        return true;
      }
    }
    return false;
  }

  private boolean leadsFromSetgidToImplied(String path) {
    int above = -1;
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      if (above >= 0
          && setgid.has(path.substring(0, above))
          && !names.has(path.substring(0, slash))) {
        return true;
      }
      above = slash;
    }
    return false;
  }

  private boolean disagrees(TarEntry link) {
    var target = Names.hash(TarEntry.cleaned(link.linkTarget()));
    var file = linked.getOrDefault(target, target);
    linked.put(Names.hash(link.path()), file);
    var said =
        Objects.hash(
            link.mode(),
            link.uid(),
            link.gid(),
            link.mtimeSeconds(),
            link.mtimeNanos(),
            link.xattrs());
    var before = attributes.putIfAbsent(file, said);
    return before != null && before != said;
  }

  /** Hashes of names, in order once they are sorted. */
  private static final class Names {
    private long[] hashes = new long[1024];
    private int count;

    /** Places of those that were passed. */
    private final BitSet passed = new BitSet();

    void add(String name) {
      if (count == hashes.length) {
        hashes = Arrays.copyOf(hashes, 2 * count);
      }
      hashes[count++] = hash(name);
    }

    void sort() {
      hashes = Arrays.copyOf(hashes, count);
      Arrays.sort(hashes);
    }

    boolean has(String name) {
      return count > 0 && Arrays.binarySearch(hashes, hash(name)) >= 0;
    }

    void pass(String name) {
      int at = Arrays.binarySearch(hashes, hash(name));
      if (at >= 0) {
        passed.set(at);
      }
    }

    boolean isYetToPass(String name) {
      int at = Arrays.binarySearch(hashes, hash(name));
      return at >= 0 && !passed.get(at);
    }

    boolean isTwice(String name) {
      var hash = hash(name);
      var at = Arrays.binarySearch(hashes, hash);
      return at >= 0
          && ((at > 0 && hashes[at - 1] == hash) || (at + 1 < count && hashes[at + 1] == hash));
    }

    private static long hash(String name) {
      return ByteBuffer.wrap(Digest.newSha256().digest(name.getBytes(UTF_8))).getLong();
    }
  }
}
