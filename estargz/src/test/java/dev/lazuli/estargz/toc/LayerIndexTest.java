package dev.lazuli.estargz.toc;

import static dev.lazuli.estargz.toc.TocFixture.entry;
import static dev.lazuli.estargz.toc.TocFixture.file;
import static dev.lazuli.estargz.toc.TocFixture.index;
import static dev.lazuli.estargz.toc.TocFixture.inode;
import static dev.lazuli.estargz.toc.TocFixture.link;
import static dev.lazuli.estargz.toc.TocFixture.names;
import static dev.lazuli.estargz.toc.TocFixture.xattrs;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LayerIndexTest {
  @Test
  void names_areCleaned() throws IOException {
    try (var index =
        index(entry("dir", "./usr/"), file("usr//./bin/../lib/x", 5, 10), file("/../y", 5, 20))) {
      assertThat(names(index)).containsOnlyKeys("usr", "usr/lib", "usr/lib/x", "y");
    }
  }

  @Test
  void children_areInByteOrder_andInodesNumberedBreadthFirst() throws IOException {
    try (var index =
        index(file("b/z", 1, 9), entry("dir", "a"), file("é", 1, 10), file("a/B", 1, 11))) {
      assertThat(names(index))
          .containsEntry("a", 1)
          .containsEntry("b", 2)
          .containsEntry("é", 3)
          .containsEntry("a/B", 4)
          .containsEntry("b/z", 5);
      assertThat(index.path(5)).isEqualTo("b/z");
      assertThat(index.parent(5)).isEqualTo(2);
      assertThat(index.parent(0)).isZero();
      assertThat(index.path(0)).isEmpty();
    }
  }

  @Test
  void missingParents_appearAsPlainDirectories() throws IOException {
    try (var index = index(file("a/b/c", 1, 10))) {
      var a = inode(index, "a");

      assertThat(index.mode(a)).isEqualTo(0040755);
      assertThat(index.linkCount(a)).isEqualTo(3);
      assertThat(index.linkCount(0)).isEqualTo(3);
    }
  }

  /** As mkdir and chmod leave them: the group of the moment, but not the bit. */
  @Test
  void missingParentsInASetgidDirectory_getItsGroup() throws IOException {
    try (var index =
        index(
            directory("shared", 02775, 7),
            file("shared/new/deep/f", 1, 10),
            directory("shared", 0755, 8),
            file("shared/late/f", 1, 11),
            file("first/new/f", 1, 12),
            directory("first", 02775, 7),
            directory("usual", 0775, 7),
            file("usual/new/f", 1, 14))) {
      assertThat(index.gid(inode(index, "shared/new"))).isEqualTo(7);
      assertThat(index.mode(inode(index, "shared/new"))).isEqualTo(0040755);
      for (var name : List.of("shared/new/deep", "shared/late", "first/new", "usual/new")) {
        assertThat(index.gid(inode(index, name))).as(name).isZero();
      }
    }
  }

  private static String directory(String name, int mode, int gid) {
    return "{'name':'%s','type':'dir','mode':%d,'gid':%d}".formatted(name, mode, gid);
  }

  @Test
  void directoriesWithoutAnEntry_areMarked() throws IOException {
    try (var index =
        index(
            entry("dir", "said"),
            file("said/f", 1, 10),
            file("later/f", 1, 11),
            entry("dir", "later"),
            file("implied/deep/f", 1, 12),
            file("file/.wh.gone", 0, 13),
            file("marked/.wh..wh..opq", 0, 14))) {
      for (var name : List.of("implied", "implied/deep", "file", "marked")) {
        assertThat(index.isImplied(inode(index, name))).as(name).isTrue();
      }
      for (var name : List.of("said", "later", "said/f", "implied/deep/f")) {
        assertThat(index.isImplied(inode(index, name))).as(name).isFalse();
        assertThat(index.isImpliedFirst(inode(index, name)))
            .as(name)
            .isEqualTo(name.equals("later"));
      }
    }
  }

  @Test
  void aParentThatIsDescribedLater_keepsItsChildren() throws IOException {
    try (var index =
        index(
            file("a/b", 1, 10), "{'name':'a','type':'dir','mode':448,'uid':7,'gid':4294967295}")) {
      var a = inode(index, "a");

      assertThat(index.mode(a)).isEqualTo(0040700);
      assertThat(index.uid(a)).isEqualTo(7);
      assertThat(index.gid(a)).isEqualTo(-1);
      assertThat(names(index)).containsKey("a/b");
    }
  }

  @Test
  void entriesForTheRoot_areLeftOut_whateverTheyAre() throws IOException {
    try (var index =
        index(
            "{'name':'./','type':'dir','mode':1023,'uid':1000,'modtime':'2020-01-01T00:00:00Z'}",
            file("/", 5, 10),
            link("hardlink", "", "nowhere"),
            link("symlink", "a/..", "b"),
            file("n", 3, 20))) {
      assertThat(index.mode(0)).isEqualTo(0040755);
      assertThat(index.uid(0)).isZero();
      assertThat(index.mtimeSeconds(0)).isZero();
      assertThat(names(index)).containsOnlyKeys("n");
      assertThat(index.chunkCount()).isEqualTo(1);
    }
  }

  @Test
  void ofEqualNames_theLastWins() throws IOException {
    try (var index = index(file("a", 1, 10), file("a", 2, 20), file("b", 3, 30))) {
      assertThat(index.size(inode(index, "a"))).isEqualTo(2);
      assertThat(index.chunkCount()).isEqualTo(2);
      assertThat(index.chunkBlobOffset(0)).isEqualTo(20);
    }
  }

  @Test
  void aFileInPlaceOfADirectory_losesWhatWasBelow() throws IOException {
    try (var index = index(file("a/b", 1, 10), file("a", 2, 20))) {
      assertThat(names(index)).containsOnlyKeys("a");
      assertThat(index.chunkCount()).isEqualTo(1);
    }
  }

  @Test
  void aDirectoryInPlaceOfAFile_isEmptyAtFirst() throws IOException {
    try (var index = index(file("a", 2, 20), entry("dir", "a"), file("a/c", 1, 30))) {
      assertThat(names(index)).containsOnlyKeys("a", "a/c");
      assertThat(index.mode(inode(index, "a"))).isEqualTo(0040755);
      assertThat(index.chunkCount()).as("only that of a/c").isEqualTo(1);
      assertThat(index.chunkBlobOffset(0)).isEqualTo(30);
    }
  }

  @Test
  void hardLinks_shareAnInode_alsoForwardAndChained() throws IOException {
    try (var index =
        index(
            link("hardlink", "one", "/two"),
            link("hardlink", "two", "./three"),
            file("three", 4, 40),
            link("hardlink", "four", "one"))) {

      assertThat(inode(index, "one"))
          .isEqualTo(inode(index, "three"))
          .isEqualTo(inode(index, "two"));
      assertThat(inode(index, "four")).isEqualTo(inode(index, "three"));
      assertThat(index.linkCount(inode(index, "three"))).isEqualTo(4);
      assertThat(index.inodeCount()).isEqualTo(2);
    }
  }

  @Test
  void whiteouts_areDevicesOfNothing() throws IOException {
    try (var index =
        index(
            "{'name':'d/.wh.gone','type':'reg','mode':384,'uid':5,'modtime':'1970-01-01T00:00:09Z'}")) {
      var gone = inode(index, "d/gone");

      assertThat(index.mode(gone)).isEqualTo(0020000);
      assertThat(index.uid(gone)).isZero();
      assertThat(index.deviceMajor(gone)).isZero();
      assertThat(index.deviceMinor(gone)).isZero();
      assertThat(index.mtimeSeconds(gone)).isEqualTo(9);
      assertThat(index.linkCount(gone)).isEqualTo(1);
      assertThat(names(index)).containsOnlyKeys("d", "d/gone");
    }
  }

  @Test
  void aRealFile_winsOverAWhiteout_inEitherOrder() throws IOException {
    try (var index =
        index(
            entry("reg", ".wh.a"),
            file("a", 1, 10),
            file("b", 1, 11),
            entry("reg", ".wh.b"),
            entry("reg", ".wh.c"),
            file("c/d", 1, 12))) {

      assertThat(index.mode(inode(index, "a"))).isEqualTo(0100644);
      assertThat(index.mode(inode(index, "b"))).isEqualTo(0100644);
      assertThat(index.mode(inode(index, "c"))).isEqualTo(0040755);
    }
  }

  @Test
  void opaqueMarkers_becomeAnAttribute_andAufsNotesVanish() throws IOException {
    try (var index =
        index(
            entry("reg", "d/.wh..wh..opq"),
            entry("dir", "d"),
            entry("dir", ".wh..wh.plnk"),
            link("hardlink", ".wh..wh.plnk/1", "d/x"),
            link("hardlink", ".wh.y", ".wh..wh.aufs"))) {
      assertThat(names(index)).containsOnlyKeys("d", "y");
      assertThat(xattrs(index, inode(index, "d"))).containsExactly("trusted.overlay.opaque=y");
      assertThat(index.mode(inode(index, "y"))).isEqualTo(0020000);
    }
  }
}
