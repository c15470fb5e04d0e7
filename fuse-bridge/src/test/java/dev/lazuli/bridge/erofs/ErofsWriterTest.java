package dev.lazuli.bridge.erofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.bridge.kernel.FileMode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ErofsWriterTest {
  @ParameterizedTest
  @ValueSource(ints = {512, 1024, 2048, 4096})
  void everyKindOfInode_isReadBack(int blockSize) throws IOException {
    var tree = everyKind();

    Images.assertSame(tree, Images.image(Images.write(tree, blockSize)));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void randomTree_isReadBack(int seed) throws IOException {
    var tree = random(new Random(seed));

    for (int blockSize : new int[] {512, 4096}) {
      Images.assertSame(tree, Images.image(Images.write(tree, blockSize)));
    }
  }

  static IntStream seeds() {
    return IntStream.range(0, 40);
  }

  @Test
  void hugeRootDirectory_leavesTheRootWhereSixteenBitsReach() throws IOException {
    var tree = new HeapTree();
    tree.root().xattrs.put("user.big", new byte[65535]);
    for (int i = 0; i < 40_000; i++) {
      tree.file(tree.root(), "%0100d".formatted(i), 1);
    }

    var image = Images.image(Images.write(tree, 4096));

    assertThat(image.rootNid()).isLessThan(65536);
    Images.assertSame(tree, image);
  }

  @Test
  void sameTree_givesSameBytes() throws IOException {
    assertThat(Images.write(everyKind(), 4096)).isEqualTo(Images.write(everyKind(), 4096));
  }

  @Test
  void emptyTree_isAnImage() throws IOException {
    var tree = new HeapTree();

    Images.assertSame(tree, Images.image(Images.write(tree, 512)));
  }

  @Test
  void contentThatFitsBesideItsInode_isInOneBlockWithIt() throws IOException {
    var tree = new HeapTree();
    for (int length = 1; length <= 4095; length += 13) {
      var link = tree.symlink(tree.root(), "link" + length, "x".repeat(length));
      if (length % 3 == 0) {
        link.xattrs.put("trusted.overlay.x", new byte[length % 97]);
      }
    }

    var bytes = Images.write(tree, 4096);

    Images.assertSame(tree, Images.image(bytes));
    var image = Images.image(bytes);
    for (var nid : Images.list(image, image.rootNid(), 100).values()) {
      long start = nid * ErofsFormat.INODE_SLOT;
      int words = bytes[(int) start + 2] & 0xff;
      int xattrs = words == 0 ? 0 : 12 + (words - 1) * 4;
      long length = 64 + xattrs + image.size(nid);
      boolean isInline = bytes[(int) start] >> 1 == ErofsFormat.LAYOUT_INLINE;
      assertThat(isInline).as("%d bytes", length).isEqualTo(length <= 4096);
      if (isInline) {
        assertThat((start + length - 1) / 4096).isEqualTo(start / 4096);
      }
    }
  }

  @Test
  void xattrsThatLinuxCouldNotHold_areLeftOutAndCounted(@TempDir Path dir) throws IOException {
    var tree = new HeapTree();
    tree.root().xattrs.put("com.apple.provenance", new byte[] {1});
    tree.root().xattrs.put("user.kept", new byte[] {2});
    tree.root().xattrs.put("system.nfs4_acl", new byte[] {3});
    tree.root().xattrs.put("system.posix_acl_access", new byte[28]);
    tree.root().xattrs.put("system.posix_acl_default", acl(29));

    var summary = ErofsWriter.write(tree, 0, dir.resolve("meta.erofs"));

    assertThat(summary.droppedXattrs()).isEqualTo(4);
    try (var image = ErofsImage.open(dir.resolve("meta.erofs"))) {
      assertThat(Images.xattrNames(image, image.rootNid())).containsExactly("user.kept");
    }
  }

  @Test
  void largestXattrs_areReadBack() throws IOException {
    var tree = new HeapTree();
    var xattrs = tree.file(tree.root(), "f", 1).xattrs;
    xattrs.put("user." + "n".repeat(250), new byte[65535]);
    xattrs.put("trusted.b", new byte[65535]);
    xattrs.put("trusted.c", new byte[65535]);

    Images.assertSame(tree, Images.image(Images.write(tree, 512)));
  }

  @Test
  void limits_areNamed() {
    assertRefused("xattr value of 65536", t -> t.root().xattrs.put("user.v", new byte[65536]));
    assertRefused(
        "xattr name of 256", t -> t.root().xattrs.put("user." + "n".repeat(256), new byte[0]));
    assertRefused(
        "xattr body of",
        t -> {
          for (int i = 0; i < 5; i++) {
            t.root().xattrs.put("user." + i, new byte[60000]);
          }
        });
    assertRefused("name of 256 bytes", t -> t.file(t.root(), "n".repeat(256), 0));
    assertRefused("name of 0 bytes", t -> t.file(t.root(), "", 0));
    assertRefused("NUL or /", t -> t.file(t.root(), "a/b", 0));
    assertRefused("NUL or /", t -> t.file(t.root(), "a\0b", 0));
    assertRefused("named . or ..", t -> t.file(t.root(), "..", 0));
    assertRefused("target of 4096", t -> t.symlink(t.root(), "l", "x".repeat(4096)));
    assertRefused("target of 0", t -> t.symlink(t.root(), "l", ""));
    assertRefused(
        "device number 4096:0", t -> t.device(t.root(), "d", FileMode.CHARACTER_DEVICE, 4096, 0));
    assertRefused("mode 644", t -> t.add(t.root(), "f", 0644));
    assertRefused("time with", t -> t.root().mtimeNanos = 1_000_000_000);
    assertRefused("of a data file of", t -> t.file(t.root(), "f", 1).dataOffset = 4096);
    assertRefused("of a data file of", t -> t.file(t.root(), "f", 1).dataOffset = -1);
    assertRefused(
        "in blocks of 4096",
        t -> {
          t.file(t.root(), "a", 4096);
          t.file(t.root(), "f", 1).dataOffset = 512;
        });
    assertRefused("file size of -1", t -> t.file(t.root(), "f", 0).size = -1);
  }

  @Test
  void dataDeviceBeyondTheBlockNumbers_isRefused() {
    assertRefused("data device of", t -> t.file(t.root(), "f", 1L << 44));
  }

  @Test
  void treesThatContradictThemselves_areRefused() {
    assertRefused(
        "second parent",
        t -> {
          var dir = t.directory(t.root(), "a");
          t.link(t.root(), "b", dir);
        });
    assertRefused("second parent", t -> t.directory(t.root(), "a").children.put("up", t.root()));
    assertRefused("second parent", t -> t.directory(t.root(), "a").parent = 1);
    assertRefused("root is not a directory", t -> t.root().mode = FileMode.REGULAR);
  }

  @Test
  void namesOutOfOrder_areRefused() {
    var tree = new HeapTree();
    tree.file(tree.root(), "same", 0);
    var twice =
        new ForwardingSource(tree) {
          @Override
          public void forEachChild(int directory, ChildVisitor visitor) {
            super.forEachChild(directory, visitor);
            super.forEachChild(directory, visitor);
          }
        };

    assertThatThrownBy(() -> ErofsWriter.write(twice, 0, Path.of("/dev/null")))
        .isInstanceOf(UnrepresentableInodeException.class)
        .hasMessageContaining("not sorted");
  }

  @Test
  void blockSizesOutsideTheFormat_areRefused() throws IOException {
    try (var out = FileChannel.open(Path.of("/dev/null"))) {
      for (int size : new int[] {0, 256, 1000, 8192}) {
        assertThatThrownBy(() -> ErofsWriter.write(new HeapTree(), 0, size, out))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
  }

  private interface Change {
    void apply(HeapTree tree);
  }

  private static void assertRefused(String message, Change change) {
    var tree = new HeapTree();
    change.apply(tree);
    assertThatThrownBy(() -> Images.write(tree, 4096))
        .isInstanceOf(UnrepresentableInodeException.class)
        .hasMessageContaining(message);
  }

  static HeapTree everyKind() {
    var tree = new HeapTree();
    var root = tree.root();
    root.mtimeSeconds = -315_619_200; // 1960
    root.mtimeNanos = 123_456_789;
    tree.file(root, "empty", 0);
    var small = tree.file(root, "small", 1);
    small.uid = -2;
    small.gid = 100_000;
    small.xattrs.put("user.a", new byte[] {1, 2, 3});
    small.xattrs.put("security.capability", new byte[20]);
    small.xattrs.put("system.posix_acl_access", acl(44));
    tree.link(root, "small-too", small);
    tree.file(root, "huge", 5L << 30).mode |= 04000;
    tree.file(root, "odd", 4097);
    tree.symlink(root, "link", "target");
    for (int length : new int[] {447, 448, 449, 4000, 4030, 4031, 4032, 4033, 4095}) {
      tree.symlink(root, "link" + length, "x".repeat(length));
    }
    tree.device(root, "null", FileMode.CHARACTER_DEVICE, 1, 3);
    tree.device(root, "whiteout", FileMode.CHARACTER_DEVICE, 0, 0);
    tree.device(root, "disk", FileMode.BLOCK_DEVICE, 4095, 0xfffff);
    tree.add(root, "fifo", FileMode.FIFO | 0644);
    tree.add(root, "socket", FileMode.SOCKET | 0755);
    var many = tree.directory(root, "many");
    many.mode |= 01000;
    many.xattrs.put("trusted.overlay.opaque", new byte[] {'y'});
    many.xattrs.put("system.posix_acl_default", acl(28));
    many.mtimeSeconds = 2_208_988_800L; // 2040
    for (int i = 0; i < 2_000; i++) {
      tree.file(many, Integer.toString(i, 36) + "x".repeat(i % 200), i % 3);
    }
    var names = tree.directory(root, "names");
    for (String name :
        new String[] {
          "!",
          "+",
          "-",
          "-dash",
          ".!",
          "...",
          "..twodots",
          ".hid",
          "a",
          "\u00ff\u00fe",
          "\u0001",
          "n".repeat(255),
          "\u00e4".repeat(255)
        }) {
      tree.directory(names, name);
    }
    return tree;
  }

  private static byte[] acl(int size) {
    var acl = new byte[size];
    acl[0] = 2;
    return acl;
  }

  private static HeapTree random(Random random) {
    var tree = new HeapTree();
    var parents = new ArrayList<>(List.of(tree.root()));
    HeapTree.Node last = null;
    int count = random.nextInt(600);
    for (int i = 0; i < count; i++) {
      var parent = parents.get(random.nextInt(parents.size()));
      String name = randomName(random, i);
      switch (random.nextInt(6)) {
        case 0 -> {
          last = tree.directory(parent, name);
          parents.add(last);
        }
        case 1 -> last = tree.symlink(parent, name, "t".repeat(1 + random.nextInt(4095)));
        case 2 -> last = tree.add(parent, name, FileMode.FIFO);
        case 3 -> {
          if (last != null && !FileMode.isDirectory(last.mode)) {
            tree.link(parent, name, last);
          }
        }
        default -> last = tree.file(parent, name, random.nextLong(1L << random.nextInt(34)));
      }
      if (last != null && random.nextInt(5) == 0) {
        last.xattrs.put("user." + name, new byte[random.nextInt(600)]);
      }
    }
    return tree;
  }

  private static String randomName(Random random, int unique) {
    var name = new StringBuilder();
    int length = random.nextInt(240);
    for (int i = 0; i < length; i++) {
      name.append((char) (0x30 + random.nextInt(0xd0)));
    }
    return name.append(unique).toString();
  }
}
