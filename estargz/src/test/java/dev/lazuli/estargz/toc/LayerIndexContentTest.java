package dev.lazuli.estargz.toc;

import static dev.lazuli.estargz.toc.TocFixture.DIGEST;
import static dev.lazuli.estargz.toc.TocFixture.entry;
import static dev.lazuli.estargz.toc.TocFixture.file;
import static dev.lazuli.estargz.toc.TocFixture.index;
import static dev.lazuli.estargz.toc.TocFixture.inode;
import static dev.lazuli.estargz.toc.TocFixture.link;
import static dev.lazuli.estargz.toc.TocFixture.names;
import static dev.lazuli.estargz.toc.TocFixture.text;
import static dev.lazuli.estargz.toc.TocFixture.xattrs;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Where the index says content lies, and what else it says of files. */
final class LayerIndexContentTest {
  @Test
  void xattrs_comeAsTheyAre_butNoneThatOverlayfsReads() throws IOException {
    try (var index =
        index(
            "{'name':'f','type':'dir','xattrs':{'user.a':'YmM=','trusted.overlay.redirect':'Lw==',"
                + "'security.capability':'','user.overlay.opaque':'eQ=='}}")) {
      assertThat(xattrs(index, 1)).containsExactly("user.a=bc", "security.capability=");
    }
  }

  @Test
  void landmarksAndTheTocItself_areHiddenAtTheRootOnly() throws IOException {
    try (var index =
        index(
            file("a", 1, 10),
            file(".prefetch.landmark", 1, 500),
            file("stargz.index.json", 1, 600),
            file("d/.prefetch.landmark", 1, 700))) {
      assertThat(names(index)).containsOnlyKeys("a", "d", "d/.prefetch.landmark");
      assertThat(index.prefetchEnd()).isEqualTo(500);
      assertThat(index.chunkBlobEnd(0)).isEqualTo(500);
    }
  }

  @Test
  void landmarks_sayHowMuchToPrefetch() throws IOException {
    try (var none = index(file("a", 1, 10));
        var never = index(file(".no.prefetch.landmark", 1, 10))) {
      assertThat(none.prefetchEnd()).isEqualTo(-1);
      assertThat(never.prefetchEnd()).isZero();
    }
  }

  @Test
  void places_followTheBlob_blockByBlock() throws IOException {
    try (var index = index(file("late", 5000, 900), file("early", 1, 100), entry("reg", "empty"))) {

      assertThat(index.dataOffset(inode(index, "early"))).isZero();
      assertThat(index.dataOffset(inode(index, "late"))).isEqualTo(4096);
      assertThat(index.dataOffset(inode(index, "empty"))).isEqualTo(-1);
      assertThat(index.dataSize()).isEqualTo(4096 + 8192);
      assertThat(index.chunkDataOffset(1)).isEqualTo(4096);
      assertThat(index.chunkBlobEnd(0)).isEqualTo(900);
      assertThat(index.chunkBlobEnd(1)).isEqualTo(1_000_000_000);
    }
  }

  @Test
  void chunks_leaveTheirSizesOut_asThePeerDoes() throws IOException {
    try (var index =
        index(
            "{'name':'f','type':'reg','size':10,'offset':100,'chunkSize':4,'chunkDigest':'%s'}"
                .formatted(DIGEST),
            "{'name':'','type':'chunk','offset':200,'chunkOffset':4,'chunkSize':4,'chunkDigest':'%s'}"
                .formatted(DIGEST),
            "{'type':'chunk','offset':300,'chunkOffset':8,'chunkDigest':'%s'}".formatted(DIGEST))) {
      var digest = new byte[32];
      index.chunkDigest(2, digest);

      assertThat(index.chunkCount()).isEqualTo(3);
      assertThat(index.chunkSize(2)).isEqualTo(2);
      assertThat(index.chunkDataOffset(2)).isEqualTo(8);
      assertThat(digest).isEqualTo(HexFormat.of().parseHex("ab".repeat(32)));
    }
  }

  @Test
  void innerOffsets_shareAStream() throws IOException {
    var inner = file("b", 4, 100).replace("}", ",'innerOffset':1024}");
    try (var index = index(file("a", 4, 100), inner, file("c", 4, 300))) {
      assertThat(index.chunkBlobOffset(1)).isEqualTo(100);
      assertThat(index.chunkInnerOffset(1)).isEqualTo(1024);
      assertThat(index.chunkBlobEnd(0)).isEqualTo(300);
      assertThat(index.chunkBlobEnd(1)).isEqualTo(300);
    }
  }

  @Test
  void holes_haveNoChunk() throws IOException {
    try (var index =
        index(
            "{'name':'f','type':'reg','size':9000,'offset':100,'chunkSize':8192,'chunkType':'zeros'}",
            "{'type':'chunk','offset':200,'chunkOffset':8192,'chunkDigest':'%s'}"
                .formatted(DIGEST))) {
      assertThat(index.chunkCount()).isEqualTo(1);
      assertThat(index.chunkDataOffset(0)).isEqualTo(8192);
      assertThat(index.dataSize()).isEqualTo(12288);
    }
  }

  @Test
  void aFilesOwnDigest_standsInForItsOnlyChunk() throws IOException {
    var entry = "{'name':'f','type':'reg','size':10,'offset':100,'digest':'%s'}".formatted(DIGEST);
    try (var index = index(entry)) {
      var digest = new byte[32];
      index.chunkDigest(0, digest);

      assertThat(digest[0]).isEqualTo((byte) 0xab);
    }
  }

  @Test
  void linksAndDevices_keepTheirFacts() throws IOException {
    try (var index =
        index(
            link("symlink", "l", "../t"),
            "{'name':'n','type':'char','mode':438,'devMajor':1,'devMinor':259}",
            "{'name':'p','type':'fifo','mode':1517}")) {

      assertThat(text(index.linkTarget(inode(index, "l")))).isEqualTo("../t");
      assertThat(index.size(inode(index, "l"))).isEqualTo(4);
      assertThat(index.mode(inode(index, "l"))).isEqualTo(0120777);
      assertThat(index.mode(inode(index, "n"))).isEqualTo(0020666);
      assertThat(index.deviceMajor(inode(index, "n"))).isEqualTo(1);
      assertThat(index.deviceMinor(inode(index, "n"))).isEqualTo(259);
      assertThat(index.mode(inode(index, "p"))).isEqualTo(0012755);
      assertThat(index.linkTarget(inode(index, "p")).byteSize()).isZero();
    }
  }

  @Test
  void times_haveZonesAndFractions() throws IOException {
    try (var index =
        index(
            "{'name':'a','type':'dir','modtime':'2021-03-04T05:06:07.000000089+01:30'}",
            "{'name':'b','type':'dir','modtime':'0001-01-01T00:00:00Z'}",
            "{'name':'c','type':'dir','modtime':'1960-01-01T00:00:00Z'}",
            "{'name':'d','type':'dir','modtime':null}")) {
      assertThat(index.mtimeSeconds(1)).isEqualTo(1_614_828_967);
      assertThat(index.mtimeNanos(1)).isEqualTo(89);
      assertThat(index.mtimeSeconds(2)).isZero();
      assertThat(index.mtimeSeconds(3)).isZero();
      assertThat(index.mtimeSeconds(4)).isZero();
    }
  }
}
