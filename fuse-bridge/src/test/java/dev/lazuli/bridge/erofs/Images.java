package dev.lazuli.bridge.erofs;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.bridge.kernel.FileMode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes images of heap trees and compares what the reader sees with the tree. */
final class Images {
  private Images() {}

  static byte[] write(HeapTree tree, int blockSize) throws IOException {
    Path file = Files.createTempFile("erofs-", ".img");
    try (var out = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      var summary = ErofsWriter.write(tree, tree.dataSize(), blockSize, out);
      var bytes = Files.readAllBytes(file);
      assertThat(summary.imageBytes()).isEqualTo(bytes.length);
      return bytes;
    } finally {
      Files.delete(file);
    }
  }

  static ErofsImage image(byte[] bytes) throws IOException {
    return ErofsImage.of(MemorySegment.ofArray(bytes));
  }

  static long lookup(ErofsImage image, long directory, String name) throws IOException {
    return image.lookup(directory, HeapTree.bytes("//" + name + "//"), 2, name.length());
  }

  /** Lists a directory, {@code step} entries for each call. */
  static Map<String, Long> list(ErofsImage image, long directory, int step) throws IOException {
    var entries = new LinkedHashMap<String, Long>();
    long[] cookie = {0};
    int before;
    do {
      before = entries.size();
      int limit = before + step;
      image.forEachEntry(
          directory,
          cookie[0],
          (names, offset, length, nid, type, next) -> {
            if (entries.size() == limit) {
              return false;
            }
            assertThat(entries.put(text(names.asSlice(offset, length)), nid)).isNull();
            cookie[0] = next;
            return true;
          });
    } while (entries.size() > before);
    return entries;
  }

  static String text(MemorySegment bytes) {
    return new String(bytes.toArray(JAVA_BYTE), ISO_8859_1);
  }

  static List<String> xattrNames(ErofsImage image, long nid) throws IOException {
    int size = image.listXattrs(nid, MemorySegment.ofArray(new byte[0]));
    var names = MemorySegment.ofArray(new byte[size]);
    assertThat(image.listXattrs(nid, names)).isEqualTo(size);
    return size == 0 ? List.of() : List.of(text(names).split("\0"));
  }

  /** Asserts that the image is the tree, from a directory on down. */
  static void assertSame(HeapTree tree, ErofsImage image) throws IOException {
    assertThat(image.inodeCount()).isEqualTo(tree.inodeCount());
    assertThat(image.deviceSize()).isEqualTo(tree.dataSize());
    assertSame(tree.root(), image, image.rootNid(), image.rootNid(), new LinkedHashMap<>());
  }

  private static void assertSame(
      HeapTree.Node node, ErofsImage image, long nid, long parent, Map<Integer, Long> seen)
      throws IOException {
    Long known = seen.putIfAbsent(node.number, nid);
    if (known != null) {
      assertThat(nid).isEqualTo(known);
      return;
    }
    assertThat(image.mode(nid)).isEqualTo(node.mode);
    assertThat(image.uid(nid)).isEqualTo(node.uid);
    assertThat(image.gid(nid)).isEqualTo(node.gid);
    assertThat(image.mtimeSeconds(nid)).isEqualTo(node.mtimeSeconds);
    assertThat(image.mtimeNanos(nid)).isEqualTo(node.mtimeNanos);
    assertSameXattrs(node, image, nid);
    if (!FileMode.isDirectory(node.mode)) {
      assertThat(image.linkCount(nid)).isEqualTo(node.links);
      assertThat(image.size(nid)).isEqualTo(node.size);
    }
    switch (FileMode.type(node.mode)) {
      case FileMode.DIRECTORY -> assertSameEntries(node, image, nid, parent, seen);
      case FileMode.REGULAR -> assertThat(image.dataOffset(nid)).isEqualTo(node.dataOffset);
      case FileMode.SYMLINK -> assertThat(text(image.linkTarget(nid))).isEqualTo(node.target);
      case FileMode.CHARACTER_DEVICE, FileMode.BLOCK_DEVICE -> {
        int device = image.encodedDevice(nid);
        assertThat((device >>> 8) & 0xfff).isEqualTo(node.major);
        assertThat((device & 0xff) | ((device >>> 12) & 0xfff00)).isEqualTo(node.minor);
      }
      default -> assertThat(image.encodedDevice(nid)).isZero();
    }
  }

  private static void assertSameEntries(
      HeapTree.Node node, ErofsImage image, long nid, long parent, Map<Integer, Long> seen)
      throws IOException {
    var entries = list(image, nid, 7);
    var expected = new ArrayList<>(node.children.keySet());
    expected.add(".");
    expected.add("..");
    expected.sort(null);
    assertThat(new ArrayList<>(entries.keySet())).isEqualTo(expected);
    assertThat(entries).containsEntry(".", nid).containsEntry("..", parent);
    long subdirectories = 0;
    for (var child : node.children.entrySet()) {
      long childNid = lookup(image, nid, child.getKey());
      assertThat(childNid).isEqualTo(entries.get(child.getKey()));
      assertThat(lookup(image, nid, child.getKey() + "\0")).isEqualTo(ErofsImage.ABSENT);
      if (FileMode.isDirectory(child.getValue().mode)) {
        subdirectories++;
      }
      assertSame(child.getValue(), image, childNid, nid, seen);
    }
    assertThat(image.linkCount(nid)).isEqualTo(2 + subdirectories);
  }

  private static void assertSameXattrs(HeapTree.Node node, ErofsImage image, long nid)
      throws IOException {
    var stored = new ArrayList<>(node.xattrs.keySet());
    stored.removeIf(name -> XattrPrefix.of(HeapTree.bytes(name)) == null);
    assertThat(xattrNames(image, nid)).isEqualTo(stored);
    for (var name : stored) {
      byte[] expected = requireNonNull(node.xattrs.get(name));
      var into = new byte[expected.length];
      int size = image.getXattr(nid, HeapTree.bytes(name), MemorySegment.ofArray(into));
      assertThat(size).isEqualTo(expected.length);
      assertThat(into).isEqualTo(expected);
    }
    assertThat(image.getXattr(nid, HeapTree.bytes("user.absent"), HeapTree.bytes("")))
        .isEqualTo(-1);
  }
}
