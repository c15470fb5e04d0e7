package dev.lazuli.bridge.fuse;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.bridge.erofs.ErofsMount;
import dev.lazuli.bridge.erofs.SampleLayer;
import dev.lazuli.bridge.kernel.Mounts;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@MountsFuse
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TreesIT {
  private static final long SLOT = 3;

  @TempDir Path directory;

  private final Map<Long, ErofsImage> images = new ConcurrentHashMap<>();
  private final AtomicInteger reads = new AtomicInteger();
  private Path metadata;
  private FuseSession session;

  @BeforeEach
  void mount() throws IOException {
    metadata = directory.resolve("meta.erofs");
    long size = SampleLayer.write(metadata);
    images.put(SLOT, ErofsImage.open(metadata));
    BlobHandler layers =
        new PatternLayers() {
          @Override
          public void read(long slot, long offset, int length, ReadReply reply) {
            reads.incrementAndGet();
            super.read(slot, offset, length, reply);
          }
        }.with(SLOT, size);
    session =
        FuseSession.mount(directory.resolve("fs"), layers, images::get, SessionOptions.defaults());
  }

  @AfterEach
  void unmount() throws IOException {
    session.close();
    images.values().forEach(ErofsImage::close);
    assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(directory.toString());
  }

  @Test
  void tree_isWhatTheKernelsErofsShowsOverTheBlob() throws Exception {
    Path erofs = Files.createDirectory(directory.resolve("erofs"));
    ErofsMount.mount(ErofsMount.Backing.FILE, metadata, session.blob(SLOT), erofs);
    try {
      Path tree = session.tree(SLOT);

      assertThat(Shell.lines(tree, Shell.STAT_ALL))
          .hasSizeGreaterThan(SampleLayer.MANY)
          .isEqualTo(Shell.lines(erofs, Shell.STAT_ALL));
      assertThat(Shell.lines(tree, Shell.XATTRS_ALL))
          .isNotEmpty()
          .isEqualTo(Shell.lines(erofs, Shell.XATTRS_ALL));
      assertThat(Shell.lines(tree, Shell.DIGEST_ALL))
          .hasSizeGreaterThan(SampleLayer.MANY)
          .isEqualTo(Shell.lines(erofs, Shell.DIGEST_ALL));
    } finally {
      ErofsMount.unmount(erofs);
    }
  }

  @Test
  void inodeNumbers_areThoseOfErofs_withTheSlotAbove() throws Exception {
    Path erofs = Files.createDirectory(directory.resolve("erofs"));
    ErofsMount.mount(ErofsMount.Backing.FILE, metadata, session.blob(SLOT), erofs);
    try {
      String withNumbers = "find . -not -path './names/*' -printf '%i %P\\n' | sort -k 2";
      List<String> expected =
          Shell.lines(erofs, withNumbers).stream()
              .map(
                  line -> {
                    int end = line.indexOf(' ');
                    return (SLOT << 32 | Long.parseLong(line, 0, end, 10)) + line.substring(end);
                  })
              .toList();

      assertThat(Shell.lines(session.tree(SLOT), withNumbers))
          .hasSizeGreaterThan(SampleLayer.MANY)
          .isEqualTo(expected);
    } finally {
      ErofsMount.unmount(erofs);
    }
  }

  @Test
  void content_isTheLayersDataAtTheImagesPlace() throws IOException {
    var image = requireNonNull(images.get(SLOT));
    byte[] content = Files.readAllBytes(session.tree(SLOT).resolve("files/big"));

    long nid = find(image, "files", "big");
    assertThat(content)
        .isEqualTo(
            PatternLayers.bytes(SLOT, image.dataOffset(nid), Math.toIntExact(SampleLayer.BIG)));
  }

  @Test
  void secondRead_comesFromTheKernelsCache() throws IOException {
    Path big = session.tree(SLOT).resolve("files/big");
    byte[] first = Files.readAllBytes(big);
    int before = reads.get();

    assertThat(Files.readAllBytes(big)).isEqualTo(first);
    assertThat(reads).hasValue(before);
  }

  @Test
  void readPastTheEnd_isShort() throws IOException {
    try (var channel = FileChannel.open(session.tree(SLOT).resolve("files/big"))) {
      assertThat(channel.read(ByteBuffer.allocate(100), SampleLayer.BIG - 7)).isEqualTo(7);
      assertThat(channel.read(ByteBuffer.allocate(100), SampleLayer.BIG)).isEqualTo(-1);
    }
  }

  @Test
  void layersOfTheSameImage_haveTheirOwnInodesAndBytes() throws Exception {
    images.put(4L, ErofsImage.open(metadata));
    Path one = session.tree(SLOT).resolve("files/page");
    Path other = session.tree(4).resolve("files/page");

    assertThat(Files.getAttribute(one, "unix:dev"))
        .isEqualTo(Files.getAttribute(other, "unix:dev"));
    assertThat(Files.getAttribute(one, "unix:ino"))
        .isNotEqualTo(Files.getAttribute(other, "unix:ino"));
    assertThat(Files.readAllBytes(one)).isNotEqualTo(Files.readAllBytes(other));
  }

  @Test
  void overlayOverTwoDirectories_hidesWhatTheUpperOneSays() throws Exception {
    Path merged = Files.createDirectory(directory.resolve("merged"));
    Path tree = session.tree(SLOT);
    Mounts.mount(
        "overlay",
        merged,
        "overlay",
        Mounts.MS_RDONLY,
        "lowerdir=%s:%s".formatted(tree.resolve("upper"), tree.resolve("lower")));
    try {
      assertThat(Shell.lines(merged, "find . | sort"))
          .containsExactly(".", "./kept", "./opaque", "./opaque/new");
      assertThat(Files.size(merged.resolve("kept"))).isEqualTo(12);
    } finally {
      Mounts.unmount(merged, 0);
    }
  }

  @Test
  void overlayWithAnUpperDirectory_changesWhatTheTreeShows() throws Exception {
    Path merged = Files.createDirectory(directory.resolve("merged"));
    Path upper = Files.createDirectory(directory.resolve("up"));
    Path work = Files.createDirectory(directory.resolve("work"));
    byte[] before = Files.readAllBytes(session.tree(SLOT).resolve("files/big"));
    Mounts.mount(
        "overlay",
        merged,
        "overlay",
        0,
        "lowerdir=%s,upperdir=%s,workdir=%s".formatted(session.tree(SLOT), upper, work));
    try {
      Shell.lines(
          merged,
          "echo more >> files/big && chmod 600 files/rich && rm -r many && rm names/!bang"
              + " && ln files/page linked && mv deep-not-there x 2> /dev/null;"
              + " mkdir many && touch many/new");

      assertThat(Shell.lines(merged, "cd many && echo *; stat -c %a ../files/rich"))
          .containsExactly("new", "600");
      assertThat(Files.size(merged.resolve("files/big"))).isEqualTo(SampleLayer.BIG + 5);
      assertThat(Shell.lines(merged, "getfattr --only-values -n user.colour files/rich"))
          .containsExactly("blue");
      assertThat(merged.resolve("names/!bang")).doesNotExist();
    } finally {
      Mounts.unmount(merged, 0);
    }
    assertThat(Files.readAllBytes(session.tree(SLOT).resolve("files/big"))).isEqualTo(before);
  }

  @Test
  void userNamespace_mountsAndReadsATreeItself() throws Exception {
    Path place = Files.createDirectory(directory.resolve("userns"));
    var child =
        SmallJvm.command(
            TreeInNamespace.class, place.toString(), metadata.toString(), Long.toString(SLOT));
    child.addAll(0, List.of("unshare", "--user", "--map-root-user", "--mount"));

    assertThat(Shell.run(directory, child)).endsWith("fine");
  }

  @Test
  void tree_thatIsGone_isAnError() throws IOException {
    Path file = session.tree(SLOT).resolve("files/one");
    assertThat(Files.size(file)).isEqualTo(1);

    requireNonNull(images.remove(SLOT)).close();

    assertThatThrownBy(() -> Files.readAllBytes(file)).hasMessageContaining("Stale file handle");
  }

  private static long find(ErofsImage image, String... names) throws IOException {
    long nid = image.rootNid();
    for (String name : names) {
      var bytes = MemorySegment.ofArray(name.getBytes(US_ASCII));
      nid = image.lookup(nid, bytes, 0, (int) bytes.byteSize());
    }
    return nid;
  }
}
