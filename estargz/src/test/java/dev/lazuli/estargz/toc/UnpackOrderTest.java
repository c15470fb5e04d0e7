package dev.lazuli.estargz.toc;

import static dev.lazuli.estargz.toc.TocFixture.entry;
import static dev.lazuli.estargz.toc.TocFixture.file;
import static dev.lazuli.estargz.toc.TocFixture.index;
import static dev.lazuli.estargz.toc.TocFixture.inode;
import static dev.lazuli.estargz.toc.TocFixture.link;
import static dev.lazuli.estargz.toc.TocFixture.names;
import static dev.lazuli.estargz.toc.TocFixture.text;
import static dev.lazuli.estargz.toc.TocFixture.xattrs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.estargz.LayerFormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Each tree is the one that containerd leaves on disk when it unpacks such a tar. */
class UnpackOrderTest {
  @Test
  void aHardLink_meansTheFileThatItsTargetWasAtThatMoment() throws IOException {
    try (var index =
        index(
            file("a", 1, 10),
            link("hardlink", "b", "a"),
            file("a", 2, 20),
            link("hardlink", "c", "a"))) {
      assertThat(index.size(inode(index, "b"))).isEqualTo(1);
      assertThat(index.size(inode(index, "a"))).isEqualTo(2);
      assertThat(inode(index, "c")).isEqualTo(inode(index, "a"));
      assertThat(index.linkCount(inode(index, "b"))).isEqualTo(1);
      assertThat(index.chunkCount()).isEqualTo(2);
    }
  }

  @Test
  void aHardLink_staysAFile_whenItsTargetBecomesSomethingElse() throws IOException {
    for (var other :
        new String[] {link("symlink", "a", "c"), entry("fifo", "a"), entry("dir", "a")}) {
      try (var index = index(file("a", 1, 10), link("hardlink", "b", "a"), other)) {
        assertThat(index.mode(inode(index, "b")) & 0170000).as(other).isEqualTo(0100000);
        assertThat(inode(index, "a")).isNotEqualTo(inode(index, "b"));
      }
    }
  }

  @Test
  void aChainOfHardLinks_keepsTheOldFile() throws IOException {
    try (var index =
        index(
            file("t2", 7, 10),
            link("hardlink", "t1", "t2"),
            link("hardlink", "t3", "t1"),
            file("t1", 1, 20))) {
      assertThat(inode(index, "t3")).isEqualTo(inode(index, "t2"));
      assertThat(index.size(inode(index, "t3"))).isEqualTo(7);
      assertThat(index.size(inode(index, "t1"))).isEqualTo(1);
    }
  }

  @Test
  void aHardLinkOutOfADirectory_outlivesIt() throws IOException {
    try (var index = index(file("d/x", 7, 10), link("hardlink", "y", "d/x"), file("d", 1, 20))) {
      assertThat(names(index)).containsOnlyKeys("d", "y");
      assertThat(index.size(inode(index, "y"))).isEqualTo(7);
    }
  }

  @Test
  void aHardLink_thatTakesItsTargetsOwnPlace_isRefused() {
    assertThatThrownBy(() -> index(file("a", 1, 10), link("hardlink", "a", "a")))
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining("hard link target a");
    assertThatThrownBy(() -> index(file("d/x", 1, 10), link("hardlink", "d", "d/x")))
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining("hard link target d/x");
  }

  @Test
  void aHardLink_givesItsFileItsOwnAttributes_andTakesACapabilityThatItLacks() throws IOException {
    try (var index =
        index(
            "{'name':'a','type':'reg','mode':2541,'uid':7,'xattrs':"
                + "{'security.capability':'YQ==','user.a':'MQ==','user.b':'Mg=='}}",
            "{'name':'b','type':'hardlink','linkName':'a','mode':384,'gid':9,"
                + "'modtime':'1970-01-01T00:00:05Z','xattrs':{'user.b':'Mw=='}}")) {
      var a = inode(index, "a");

      assertThat(index.mode(a)).isEqualTo(0100600);
      assertThat(index.uid(a)).isZero();
      assertThat(index.gid(a)).isEqualTo(9);
      assertThat(index.mtimeSeconds(a)).isEqualTo(5);
      assertThat(xattrs(index, a)).containsExactlyInAnyOrder("user.a=1", "user.b=3");
    }
  }

  @Test
  void aHardLinkToASymbolicLink_isOneMoreName() throws IOException {
    try (var index =
        index(
            link("symlink", "l", "t"),
            "{'name':'m','type':'hardlink','linkName':'l','mode':384,'uid':3}")) {
      assertThat(inode(index, "m")).isEqualTo(inode(index, "l"));
      assertThat(index.mode(inode(index, "m"))).isEqualTo(0120777);
      assertThat(index.uid(inode(index, "l"))).isEqualTo(3);
    }
  }

  @Test
  void twoEntriesOfADirectory_addUpTheirXattrs() throws IOException {
    try (var index =
        index(
            "{'name':'d','type':'dir','mode':448,'xattrs':{'user.a':'MQ==','user.b':'Mg=='}}",
            "{'name':'d/','type':'dir','mode':493,'xattrs':{'user.b':'Mw==','user.c':'NA=='}}",
            "{'name':'d','type':'dir','mode':365}")) {
      assertThat(index.mode(inode(index, "d"))).isEqualTo(0040555);
      assertThat(xattrs(index, inode(index, "d")))
          .containsExactlyInAnyOrder("user.a=1", "user.b=3", "user.c=4");
    }
  }

  @Test
  void entriesThatAddXattrsWithoutEnd_areRefused() {
    var value = "QUFB".repeat(4000);
    var entries = new ArrayList<String>();
    entries.add("{'name':'d','type':'dir','xattrs':{'user.a':'%s'}}".formatted(value.repeat(3)));
    for (int i = 0; i < 2000; i++) {
      entries.add("{'name':'d','type':'dir','xattrs':{'user.b':'%04d'}}".formatted(i));
    }
    assertThatThrownBy(() -> index(entries.toArray(String[]::new)))
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining("of repeated entries");
    var names =
        IntStream.range(0, 10)
            .mapToObj(
                i -> "{'name':'d','type':'dir','xattrs':{'user.%d':'%s'}}".formatted(i, value))
            .toArray(String[]::new);
    assertThatThrownBy(() -> index(names))
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining("xattr bytes");
  }

  @Test
  void trustedXattrs_areLeftOut() throws IOException {
    try (var index =
        index("{'name':'f','type':'reg','xattrs':{'trusted.t':'MQ==','user.a':'MQ=='}}")) {
      assertThat(xattrs(index, 1)).containsExactly("user.a=1");
    }
  }

  @Test
  void anEntryBelowASymbolicLink_landsWhereTheLinkLeads() throws IOException {
    try (var index =
        index(
            entry("dir", "real"),
            link("symlink", "lnk", "real"),
            file("lnk/y", 3, 10),
            file("lnk/sub/z", 4, 20),
            link("symlink", "abs", "/real/sub"),
            file("abs/w", 5, 30),
            entry("reg", "lnk/.wh.gone"))) {
      assertThat(names(index))
          .containsOnlyKeys(
              "abs", "lnk", "real", "real/gone", "real/sub", "real/sub/w", "real/sub/z", "real/y");
      assertThat(index.mode(inode(index, "lnk"))).isEqualTo(0120777);
    }
  }

  @Test
  void linksOfLinks_areFollowedInsideTheLayersRoot() throws IOException {
    try (var index =
        index(
            link("symlink", "lib64", "usr/lib64"),
            link("symlink", "usr/lib64", "lib"),
            file("lib64/x86/libc", 3, 10),
            link("symlink", "out", "../../../etc"),
            file("out/passwd", 4, 20),
            link("symlink", "usr/up", "../var/./log/"),
            file("usr/up/messages", 5, 30))) {
      assertThat(names(index))
          .containsKeys("usr/lib/x86/libc", "etc/passwd", "var/log/messages")
          .hasSize(13);
    }
  }

  @Test
  void anEntryInPlaceOfASymbolicLink_replacesIt() throws IOException {
    try (var index =
        index(
            file("real/x", 1, 10),
            link("symlink", "lnk", "real"),
            entry("dir", "lnk"),
            file("lnk/y", 2, 20))) {
      assertThat(names(index)).containsOnlyKeys("lnk", "lnk/y", "real", "real/x");
    }
  }

  @Test
  void hardLinkTargets_leadThroughSymbolicLinks_butAreNotFollowedThemselves() throws IOException {
    try (var index =
        index(
            file("real/x", 3, 10),
            link("symlink", "lnk", "real"),
            link("hardlink", "h", "lnk/x"),
            link("symlink", "deep", "real/sub"),
            link("hardlink", "up", "deep/../x"),
            link("hardlink", "l", "lnk"))) {
      assertThat(inode(index, "h")).isEqualTo(inode(index, "real/x"));
      assertThat(inode(index, "up")).isEqualTo(inode(index, "real/x"));
      assertThat(text(index.linkTarget(inode(index, "l")))).isEqualTo("real");
      assertThat(names(index)).doesNotContainKey("real/sub");
    }
  }

  @Test
  void walksThroughLinks_shareANumberOfLookUps() {
    var entries = new ArrayList<String>();
    for (int i = 0; i < 30; i++) {
      entries.add(link("symlink", "l" + i, "l" + (i + 1)));
    }
    for (int i = 0; i < 100_000; i++) {
      entries.add(file("l0/" + "d/".repeat(199 + i % 2) + i, 1, 10)); // Never the directory before.
    }
    assertThatThrownBy(() -> index(entries.toArray(String[]::new)))
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining("look-ups");
  }

  @Test
  void whiteouts_vanishBelowAnOpaqueDirectory_whateverTheOrder() throws IOException {
    try (var index =
        index(
            entry("reg", "d/.wh.x"),
            entry("reg", "d/e/.wh.y"),
            file("d/keep", 1, 10),
            entry("reg", "d/.wh..wh..opq"),
            entry("reg", "d/.wh.z"),
            entry("reg", "f/.wh.x"))) {
      assertThat(names(index)).containsOnlyKeys("d", "d/e", "d/keep", "f", "f/x");
      assertThat(xattrs(index, inode(index, "d"))).containsExactly("trusted.overlay.opaque=y");
      assertThat(xattrs(index, inode(index, "d/e"))).isEmpty();
    }
  }

  @Test
  void whiteoutsBesideAnOpaqueRoot_stay_asOverlayfsCannotHideARoot() throws IOException {
    try (var index = index(entry("reg", ".wh..wh..opq"), entry("reg", ".wh.x"))) {
      assertThat(names(index)).containsOnlyKeys("x");
    }
  }

  @Test
  void aDirectoryThatHoldsWhiteouts_tellsOverlayfsToLookForThem() throws IOException {
    try (var index = index(file("d/keep", 1, 10), entry("reg", "d/.wh.x"), file("e/f", 1, 20))) {
      assertThat(xattrs(index, inode(index, "d"))).containsExactly("trusted.overlay.origin=");
      assertThat(xattrs(index, inode(index, "e"))).isEmpty();
    }
  }

  @Test
  void timesOutsideOfWhatUnpackingTakes_areTheBeginningOf1970() throws IOException {
    try (var index =
        index(
            "{'name':'a','type':'reg','modtime':'1969-12-31T23:59:59.5Z'}",
            "{'name':'b','type':'reg','modtime':'2262-04-11T00:00:00Z'}",
            "{'name':'c','type':'reg','modtime':'2262-04-12T00:00:00Z'}")) {
      assertThat(index.mtimeSeconds(1)).isZero();
      assertThat(index.mtimeNanos(1)).isZero();
      assertThat(index.mtimeSeconds(2)).isEqualTo(9_223_286_400L);
      assertThat(index.mtimeSeconds(3)).isZero();
    }
  }
}
