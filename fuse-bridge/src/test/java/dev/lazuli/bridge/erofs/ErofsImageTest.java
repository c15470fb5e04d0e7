package dev.lazuli.bridge.erofs;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ErofsImageTest {
  @Test
  void lookupsAndAttributes_allocateNothing() throws IOException {
    var tree = new HeapTree();
    var names = new MemorySegment[1000];
    for (int i = 0; i < names.length; i++) {
      var name = "a-rather-long-name-of-a-file-" + i;
      tree.file(tree.root(), name, i);
      names[i] = HeapTree.bytes(name);
    }
    var image = Images.image(Images.write(tree, 4096));
    long sum = lookUpAll(image, names, 100);

    var thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = thread.getCurrentThreadAllocatedBytes();
    long again = lookUpAll(image, names, 100);
    long allocated = thread.getCurrentThreadAllocatedBytes() - before;

    assertThat(again).isEqualTo(sum);
    assertThat(allocated).isLessThan(names.length * 100 / 10);
  }

  private static long lookUpAll(ErofsImage image, MemorySegment[] names, int times)
      throws IOException {
    long sum = 0;
    for (int i = 0; i < times; i++) {
      for (var name : names) {
        long nid = image.lookup(image.rootNid(), name, 0, (int) name.byteSize());
        sum += image.size(nid) + image.mode(nid) + image.mtimeSeconds(nid) + image.dataOffset(nid);
      }
    }
    return sum;
  }

  @Test
  void place_leadsToThePathOfItsFile() throws IOException {
    var tree = ErofsWriterTest.everyKind();
    var deep = tree.root();
    for (int i = 0; i < 50; i++) {
      deep = tree.directory(deep, "deeper" + i);
    }
    var file = tree.file(deep, "file", 4097);
    var image = Images.image(Images.write(tree, 4096));

    String path = image.pathAt(file.dataOffset).orElseThrow();

    assertThat(path).startsWith("deeper0/deeper1/").endsWith("/deeper49/file");
    assertThat(image.pathAt(file.dataOffset + 4096)).hasValue(path);
    assertThat(image.pathAt(file.dataOffset + 4097)).isEmpty();
    assertThat(image.pathAt(tree.dataSize())).isEmpty();
    assertThat(image.pathAt(0)).isNotEmpty();
    var many = tree.root().children.get("many");
    for (var child : requireNonNull(many).children.entrySet()) {
      if (child.getValue().size > 0) {
        assertThat(image.pathAt(child.getValue().dataOffset)).hasValue("many/" + child.getKey());
      }
    }
  }

  @Test
  void impliedDirectories_areToldApart() throws IOException {
    var tree = new HeapTree();
    var said = tree.directory(tree.root(), "said");
    var implied = tree.directory(said, "implied");
    implied.implied = true;

    var image = Images.image(Images.write(tree, 4096));

    long saidNid = Images.lookup(image, image.rootNid(), "said");
    long impliedNid = Images.lookup(image, saidNid, "implied");
    assertThat(image.tellsImplied()).isTrue();
    assertThat(image.hasImplied()).isTrue();
    assertThat(image.isImplied(saidNid)).isFalse();
    assertThat(image.isImplied(impliedNid)).isTrue();
    implied.implied = false;
    assertThat(Images.image(Images.write(tree, 4096)).hasImplied()).isFalse();
  }

  @Test
  void directoriesWithALateEntry_areToldApart() throws IOException {
    var tree = new HeapTree();
    var late = tree.directory(tree.root(), "late");
    tree.directory(late, "said");
    late.impliedFirst = true;

    var image = Images.image(Images.write(tree, 4096));

    long lateNid = Images.lookup(image, image.rootNid(), "late");
    assertThat(image.hasImplied()).isTrue();
    assertThat(image.isImplied(lateNid)).isFalse();
    assertThat(image.isImpliedFirst(lateNid)).isTrue();
    assertThat(image.isImpliedFirst(Images.lookup(image, lateNid, "said"))).isFalse();
  }

  @Test
  void imageOfAnEarlierVersion_tellsNothing() throws IOException {
    var bytes = Images.write(new HeapTree(), 4096);
    var image = MemorySegment.ofArray(bytes);
    var superBlock = SuperBlock.read(image);
    image.set(
        ErofsFormat.INT,
        superBlock.rootNid() * (long) ErofsFormat.INODE_SLOT + ErofsFormat.INODE_OWN_FLAGS,
        0);
    superBlock.seal(image);

    assertThat(Images.image(bytes).tellsImplied()).isFalse();
  }

  @Test
  void imageWithoutFiles_hasNoPaths() throws IOException {
    assertThat(Images.image(Images.write(new HeapTree(), 4096)).pathAt(0)).isEmpty();
  }

  @Test
  void nidsThatAreNone_areRefused() throws IOException {
    var image = Images.image(Images.write(ErofsWriterTest.everyKind(), 4096));

    for (long nid : new long[] {-1, 0, 39, 1L << 40, Long.MIN_VALUE, Long.MAX_VALUE}) {
      assertThatThrownBy(() -> image.mode(nid)).isInstanceOf(CorruptImageException.class);
    }
    long file = Images.lookup(image, image.rootNid(), "small");
    assertThatThrownBy(() -> image.lookup(file, HeapTree.bytes("x"), 0, 1))
        .isInstanceOf(CorruptImageException.class)
        .hasMessageContaining("mode 100644");
    assertThatThrownBy(() -> image.linkTarget(file)).isInstanceOf(CorruptImageException.class);
    assertThatThrownBy(() -> image.dataOffset(image.rootNid()))
        .isInstanceOf(CorruptImageException.class);
  }

  @Test
  void imageCutShort_isRefused() throws IOException {
    var bytes = Images.write(ErofsWriterTest.everyKind(), 4096);

    for (int length : new int[] {0, 1, 1023, 1152, 4095, 4096, bytes.length - 1}) {
      assertThatThrownBy(() -> Images.image(Arrays.copyOf(bytes, length)))
          .isInstanceOf(CorruptImageException.class);
    }
  }

  @Test
  void anyBitOfTheSuperblock_isCovered() throws IOException {
    var bytes = Images.write(new HeapTree(), 4096);

    for (int i = 1024; i < 1280; i++) {
      var damaged = bytes.clone();
      damaged[i] ^= 4;
      assertThatThrownBy(() -> Images.image(damaged)).isInstanceOf(CorruptImageException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 4096})
  void damagedImages_giveErrorsAndNothingElse(int blockSize) throws IOException {
    var bytes = Images.write(ErofsWriterTest.everyKind(), blockSize);
    for (int seed = 0; seed < 120; seed++) {
      var random = new Random(seed);
      var damaged = bytes.clone();
      int changes = 1 + random.nextInt(2000);
      for (int i = 0; i < changes; i++) {
        int at = 1280 + random.nextInt(damaged.length - 1280);
        damaged[at] = random.nextBoolean() ? (byte) random.nextInt() : (byte) 0xff;
      }
      var head = MemorySegment.ofArray(damaged);
      new SuperBlock(Integer.numberOfTrailingZeros(blockSize), 0, 0, 0, 0).seal(head);
      try {
        readEverything(Images.image(damaged));
      } catch (CorruptImageException e) {
        assertThat(e).hasMessageMatching("(?s).+");
      }
    }
  }

  private static void readEverything(ErofsImage image) throws IOException {
    Set<Long> seen = new HashSet<>();
    readAll(image, image.rootNid(), seen);
    try {
      for (long place = 0; place < image.deviceSize(); place += image.deviceSize() / 100 + 1) {
        var ignored = image.pathAt(place);
      }
    } catch (CorruptImageException e) {
      assertThat(e).hasMessageMatching("(?s).+");
    }
  }

  /** Goes on after each error, as a server of the tree does. */
  private static void readAll(ErofsImage image, long nid, Set<Long> seen) {
    if (!seen.add(nid)) {
      return;
    }
    Read[] reads = {
      () -> image.mode(nid),
      () -> image.encodedDevice(nid),
      () -> image.dataOffset(nid),
      () -> image.linkTarget(nid).byteSize(),
      () -> image.listXattrs(nid, MemorySegment.ofArray(new byte[100])),
      () -> image.getXattr(nid, HeapTree.bytes("user.a"), MemorySegment.ofArray(new byte[2])),
      () -> image.getXattr(nid, HeapTree.bytes("system.posix_acl_access"), HeapTree.bytes("")),
      () -> image.lookup(nid, HeapTree.bytes("m"), 0, 1),
      () -> {
        Set<Long> children = new HashSet<>();
        image.forEachEntry(
            nid,
            0,
            (names, offset, length, child, type, next) -> {
              children.add(child);
              return true;
            });
        if (seen.size() < 3000) {
          children.forEach(child -> readAll(image, child, seen));
        }
        return children.size();
      }
    };
    for (var read : reads) {
      try {
        assertThat(read.run()).isGreaterThanOrEqualTo(Long.MIN_VALUE);
      } catch (CorruptImageException e) {
        assertThat(e).hasMessageMatching("(?s).+");
      }
    }
  }

  private interface Read {
    long run() throws CorruptImageException;
  }

  @Test
  void closedImage_refusesReads(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("meta.erofs");
    Files.write(file, Images.write(new HeapTree(), 4096));
    var image = ErofsImage.open(file);
    long root = image.rootNid();
    assertThat(image.linkCount(root)).isEqualTo(2);

    image.close();
    image.close();

    assertThatThrownBy(() -> image.linkCount(root)).isInstanceOf(IllegalStateException.class);
  }
}
