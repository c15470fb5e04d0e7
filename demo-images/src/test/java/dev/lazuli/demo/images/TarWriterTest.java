package dev.lazuli.demo.images;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;

/** Reads what is written with another implementation of the format. */
final class TarWriterTest {
  @Test
  void everyKind_isReadBackByCommonsCompress() throws Exception {
    var entries = read(write(SampleTrees.everyKind()));

    assertThat(entries).hasSize(SampleTrees.everyKind().size());
    assertThat(entries.getFirst().getName()).isEqualTo("./");
    var bin = find(entries, "bin/");
    assertThat(bin.getMode() & 07777).isEqualTo(0700);
    assertThat(bin.getLongUserId()).isEqualTo(1000);
    assertThat(bin.getLongGroupId()).isEqualTo(3_000_000);
    assertThat(bin.getLastModifiedTime().toInstant()).hasToString("2019-03-04T05:06:07.123456789Z");
    assertThat(find(entries, "bin/su").getExtraPaxHeaders())
        .containsKeys("SCHILY.xattr.security.capability", "SCHILY.xattr.user.binary");
    assertThat(find(entries, "bin/big").getLastModifiedTime().toInstant())
        .hasToString("1969-12-31T23:59:58.500Z");
    assertThat(find(entries, "bin/big").getSize()).isEqualTo(3_000_000);
    assertThat(find(entries, "bin/twin")).matches(TarArchiveEntry::isLink);
    assertThat(find(entries, "bin/twin").getLinkName()).isEqualTo("bin/big");
    assertThat(find(entries, "long-link").getLinkName()).hasSize(401);
    assertThat(find(entries, "null")).matches(TarArchiveEntry::isCharacterDevice);
    assertThat(find(entries, "disk")).matches(TarArchiveEntry::isBlockDevice);
    assertThat(find(entries, "disk").getDevMinor()).isEqualTo(70_000);
    assertThat(find(entries, "pipe")).matches(TarArchiveEntry::isFIFO);
    assertThat(find(entries, "tmp/").getMode() & 07777).isEqualTo(01777);
    assertThat(find(entries, "déjà vu/" + "n".repeat(255)).getSize()).isEqualTo(9);
  }

  @Test
  void whiteouts_followTheImageSpecification() throws Exception {
    var entries =
        read(write(new ImageTree().whiteout("gone").whiteout("a/b").opaque("c").opaque("")));

    assertThat(entries)
        .extracting(TarArchiveEntry::getName)
        .containsExactly(".wh.gone", "a/.wh.b", "c/.wh..wh..opq", ".wh..wh..opq");
  }

  @Test
  void rawBytes_passUnchanged() throws Exception {
    var tar = new String(write(SampleTrees.everyKind()), ISO_8859_1);

    assertThat(tar).contains("path=not-utf8-\u00ff\u0080\n");
    assertThat(tar).contains("SCHILY.xattr.user.binary=\u0000\u0001\n=\u00ff\n");
  }

  @Test
  void recordLength_countsItsOwnDigits() throws Exception {
    for (var length = 60; length < 130; length++) {
      var path = "é" + "p".repeat(length);
      assertThat(read(write(new ImageTree().file(path, ""))))
          .first()
          .matches(entry -> entry.getName().equals(path));
    }
  }

  @Test
  void archive_endsWithTwoZeroBlocks() throws Exception {
    assertThat(write(new ImageTree())).isEqualTo(new byte[1024]);
    assertThat(write(new ImageTree().file("a", "x"))).hasSize(512 + 512 + 1024);
  }

  @Test
  void sizeBeyondEightGibibytes_goesIntoTheExtendedHeader() throws Exception {
    var bytes = new ByteArrayOutputStream();
    var huge = FileContent.generated(9L << 30, 1);
    var tree = new ImageTree().file("huge", new Unreadable(huge));

    assertThatThrownBy(() -> new TarWriter(bytes).write(tree.iterator().next()))
        .hasMessage("header written");

    assertThat(bytes.toString(UTF_8)).contains("size=" + (9L << 30) + "\n");
  }

  @Test
  void socket_isRefused() {
    assertThatThrownBy(() -> write(new ImageTree().socket("run/s")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("run/s");
  }

  private record Unreadable(FileContent content) implements FileContent {
    @Override
    public long size() throws IOException {
      return content.size();
    }

    @Override
    public InputStream open() throws IOException {
      throw new IOException("header written");
    }
  }

  private static byte[] write(ImageTree tree) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var writer = new TarWriter(bytes)) {
      for (var entry : tree) {
        writer.write(entry);
      }
    }
    return bytes.toByteArray();
  }

  private static List<TarArchiveEntry> read(byte[] tar) throws IOException {
    List<TarArchiveEntry> entries = new ArrayList<>();
    try (var in = new TarArchiveInputStream(new ByteArrayInputStream(tar), UTF_8.name())) {
      for (TarArchiveEntry entry; (entry = in.getNextEntry()) != null; ) {
        entries.add(entry);
      }
    }
    return entries;
  }

  private static TarArchiveEntry find(List<TarArchiveEntry> entries, String name) {
    return entries.stream().filter(entry -> entry.getName().equals(name)).findFirst().orElseThrow();
  }
}
