package dev.lazuli.estargz.toc;

import static dev.lazuli.estargz.toc.TocFixture.DIGEST;
import static dev.lazuli.estargz.toc.TocFixture.entry;
import static dev.lazuli.estargz.toc.TocFixture.file;
import static dev.lazuli.estargz.toc.TocFixture.index;
import static dev.lazuli.estargz.toc.TocFixture.link;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.TestLimits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostileTocTest {
  static Stream<Arguments> hostile() {
    var chunk = "{'type':'chunk','offset':%d,'chunkOffset':%d,'chunkSize':%d,'chunkDigest':'%s'}";
    var first =
        "{'name':'f','type':'reg','size':10,'offset':100,'chunkSize':4,'chunkDigest':'%s'}"
            .formatted(DIGEST);
    return Stream.of(
        arguments(
            "negative chunk size (the peer panics)",
            file("f", 5, 9).replace("}", ",'chunkSize':-1}"),
            "chunkSize"),
        arguments("negative size", "{'name':'f','type':'reg','size':-5,'offset':9}", "size"),
        arguments("negative offset", "{'name':'f','type':'reg','size':5,'offset':-9}", "offset"),
        arguments(
            "number beyond 64 bits",
            "{'name':'f','type':'reg','size':99999999999999999999}",
            "size"),
        arguments("fraction", "{'name':'f','type':'reg','size':1.5}", "size"),
        arguments(
            "size over the limit",
            "{'name':'f','type':'reg','size':9223372036854775807,'offset':9}",
            "size"),
        arguments(
            "sizes that overflow together",
            file("a", 4L << 40, 9) + "," + file("b", 4L << 40, 5_000_000),
            "chunk's inner offset"),
        arguments(
            "more data than compressed bytes can hold",
            file("f", 1L << 40, 999_999_000),
            "inner offset + size"),
        arguments(
            "inner offset out of reach",
            file("f", 1, 999_999_000).replace("}", ",'innerOffset':9223372036854775807}"),
            "inner offset + size"),
        arguments(
            "no offset",
            "{'name':'f','type':'reg','size':5,'chunkDigest':'%s'}".formatted(DIGEST),
            "offset"),
        arguments("offset behind the payload", file("f", 5, 1_000_000_000), "blob offset"),
        arguments("hard link to itself", link("hardlink", "a", "a"), "hard link target a"),
        arguments(
            "cycle of hard links (the peer overflows its stack)",
            link("hardlink", "a", "b")
                + ","
                + link("hardlink", "b", "c")
                + ","
                + link("hardlink", "c", "a"),
            "hard link target"),
        arguments(
            "tail into a cycle",
            link("hardlink", "a", "b")
                + ","
                + link("hardlink", "b", "c")
                + ","
                + link("hardlink", "c", "b"),
            "hard link target"),
        arguments("hard link to nothing", link("hardlink", "a", "b"), "hard link target b"),
        arguments(
            "hard link to a directory",
            entry("dir", "d") + "," + link("hardlink", "a", "d"),
            "hard link target d"),
        arguments("hard link to the root", link("hardlink", "a", "/"), "hard link target /"),
        arguments(
            "hard link to a whiteout",
            entry("reg", ".wh.w") + "," + link("hardlink", "a", "w"),
            "hard link target w"),
        arguments("hard link without a target", entry("hardlink", "a"), "link target bytes"),
        arguments("symbolic link without a target", entry("symlink", "a"), "link target bytes"),
        arguments("symbolic link with NUL", link("symlink", "a", "x\\u0000y"), "link target"),
        arguments("name with NUL", entry("dir", "x\\u0000y"), "name"),
        arguments("long name", entry("dir", "x".repeat(256)), "name bytes"),
        arguments("long path", entry("dir", "x/".repeat(4097)), "path bytes"),
        arguments("deep path", entry("dir", "x/".repeat(1025)), "path depth"),
        arguments(
            "long symbolic link", link("symlink", "a", "x".repeat(4096)), "link target bytes"),
        arguments(
            "file below a file", file("a", 1, 10) + "," + file("a/b", 1, 20), "parent directory"),
        arguments(
            "file below a symbolic link to a file",
            file("b", 1, 10) + "," + link("symlink", "a", "b") + "," + file("a/c", 1, 20),
            "parent directory"),
        arguments(
            "file below a symbolic link to itself",
            link("symlink", "a", "a") + "," + file("a/b", 1, 20),
            "path through symbolic links"),
        arguments(
            "file below a link behind a link to another root",
            link("symlink", "a", "b")
                + ","
                + link("symlink", "b", "/usr")
                + ","
                + file("a/c/d", 1, 20),
            "path through symbolic links"),
        arguments("name that was not UTF-8", file("caf\ufffd", 5, 10), "text"),
        arguments("escaped name that was not UTF-8", file("caf\\ufffd", 5, 10), "text"),
        arguments("whiteout that was not UTF-8", entry("reg", ".wh.\ufffd"), "text"),
        arguments("link that was not UTF-8", link("symlink", "a", "\ufffd"), "text"),
        arguments("whiteout of the directory itself", entry("reg", "a/.wh.."), "whiteout"),
        arguments("whiteout of the parent", entry("reg", "a/.wh..."), "whiteout"),
        arguments("unknown type", entry("socket", "s"), "type"),
        arguments("no type", "{'name':'s'}", "type"),
        arguments("chunk without a file", chunk.formatted(1, 0, 4, DIGEST), "chunk"),
        arguments(
            "overlapping chunks", first + "," + chunk.formatted(200, 3, 7, DIGEST), "chunk offset"),
        arguments(
            "gap between chunks", first + "," + chunk.formatted(200, 5, 5, DIGEST), "chunk offset"),
        arguments(
            "chunk beyond its file",
            first + "," + chunk.formatted(200, 4, 7, DIGEST),
            "chunk size"),
        arguments(
            "chunks that end early",
            first + "," + chunk.formatted(200, 4, 5, DIGEST),
            "covered by chunks"),
        arguments(
            "two files in the same bytes",
            file("a", 5, 10) + "," + file("b", 5, 10),
            "inner offset"),
        arguments("no digest", "{'name':'f','type':'reg','size':5,'offset':9}", "digest"),
        arguments("digest of zeros", file("f", 5, 9).replace("ab", "00"), "digest"),
        arguments(
            "digest of another kind", file("f", 5, 9).replace("sha256", "sha512"), "chunkDigest"),
        arguments("digest without hex", file("f", 5, 9).replace("ab", "xy"), "chunkDigest"),
        arguments(
            "device number out of range", "{'name':'d','type':'char','devMajor':4096}", "devMajor"),
        arguments("owner out of range", "{'name':'d','type':'dir','uid':4294967296}", "uid"),
        arguments(
            "broken time", "{'name':'d','type':'dir','modtime':'2021-02-30T00:00:00Z'}", "modtime"),
        arguments(
            "hour 24", "{'name':'d','type':'dir','modtime':'2021-02-03T24:00:00Z'}", "modtime"),
        arguments(
            "large attribute",
            "{'name':'d','type':'dir','xattrs':{'user.a':'%s'}}".formatted("AAAA".repeat(21846)),
            "xattr bytes"),
        arguments(
            "attributes large together",
            "{'name':'d','type':'dir','xattrs':{'user.a':'%1$s','user.b':'%1$s'}}"
                .formatted("AAAA".repeat(11000)),
            "xattr bytes"),
        arguments(
            "attribute that is not base64",
            "{'name':'d','type':'dir','xattrs':{'user.a':'%'}}",
            "JSON"),
        arguments(
            "attribute without a name", "{'name':'d','type':'dir','xattrs':{'':''}}", "xattr name"),
        arguments(
            "deep JSON",
            "{'name':'d','type':'dir','x':" + "[".repeat(100) + "]".repeat(100) + "}",
            "JSON"),
        arguments("name that is a number", "{'name':5,'type':'dir'}", "name"),
        arguments("entry that is an array", "[]", "entry"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void hostile(String what, String entries, String field) {
    assertThatThrownBy(() -> index(entries).close())
        .isInstanceOfSatisfying(
            LayerFormatException.class,
            e -> {
              assertThat(e.field()).as(e.getMessage()).contains(field);
              assertThat(e.layer()).isEqualTo("test");
              assertThat(e.limit()).isNotEmpty();
            });
  }

  static Stream<Arguments> documents() {
    return Stream.of(
        arguments("{'version':2,'entries':[]}", "version"),
        arguments("{'version':1,'entries':{}}", "entries"),
        arguments("[]", "document"),
        arguments("", "document"),
        arguments("{'version':1,'entries':[", "JSON"),
        arguments("{'version':1,'entries':[]} x", "JSON"),
        arguments("{'version':1,'entries':[]}{}", "JSON"));
  }

  @ParameterizedTest
  @MethodSource
  void documents(String json, String field) {
    assertThatThrownBy(() -> TocFixture.parse(Limits.DEFAULT, json).close())
        .isInstanceOfSatisfying(
            LayerFormatException.class, e -> assertThat(e.field()).contains(field));
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE", "UTF-32BE"})
  void documentInAnotherEncoding_isRefused(String encoding) {
    var json = "{\"version\":1,\"entries\":[]}".getBytes(Charset.forName(encoding));

    assertThatThrownBy(() -> TocFixture.parse(json).close())
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining("UTF-8");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "c080",
        "c1af",
        "80",
        "bf",
        "e08080",
        "e282",
        "eda080",
        "f0808080",
        "f4908080",
        "f5808080",
        "c3",
        "c328",
        "e28228",
        "f09f98",
        "ff",
        "fe"
      })
  void malformedBytes_areRefused_whereverTheyAre(String hex) throws IOException {
    var bad = HexFormat.of().parseHex(hex);
    for (String around :
        List.of(
            "{'entries':[{'type':'dir','name':'%'}]}",
            "{'entries':[{'type':'dir','name':'d','unknown':'%'}]}",
            "{'entries':[{'type':'dir','name':'d','%':1}]}",
            "{'unknown':{'a':['%']}}",
            "%{'entries':[]}",
            "{'entries':[]}%")) {
      var parts = around.replace('\'', '"').split("%", -1);
      var json = new ByteArrayOutputStream();
      json.writeBytes(parts[0].getBytes(UTF_8));
      json.writeBytes(bad);
      json.writeBytes(parts[1].getBytes(UTF_8));

      assertThatThrownBy(() -> TocFixture.parse(json.toByteArray()).close())
          .as(around)
          .isInstanceOf(LayerFormatException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "4f9584ca",
        "0000feff0000007b",
        "fffe0000",
        "feff",
        "fffe7b00",
        "00007b00",
        "007b0000",
        "7b000000",
        "efbbbf7b7d",
        "00",
        ""
      })
  void bytesThatLookLikeAnEncoding_areRefusedAsContent(String hex) {
    assertThatThrownBy(() -> TocFixture.parse(HexFormat.of().parseHex(hex)).close())
        .isInstanceOf(LayerFormatException.class);
  }

  @Test
  void charactersOfAllLengths_areTaken() throws IOException {
    try (var index = index(entry("dir", "a\u00e9\u20ac\ud83d\ude00\ud7ff\ue000\udbff\udfff"))) {
      assertThat(TocFixture.names(index)).hasSize(1);
    }
  }

  @Test
  void attributesOfOverlayfs_areDropped() throws IOException {
    var entry = new StringBuilder("{'name':'d','type':'dir','xattrs':{'user.kept':'eQ=='");
    for (String prefix : List.of("trusted.overlay.", "user.overlay.")) {
      for (String name : List.of("opaque", "redirect", "metacopy", "origin", "impure", "upper")) {
        entry.append(",'").append(prefix).append(name).append("':'eQ=='");
      }
    }

    try (var index = index(entry.append("}}").toString())) {
      assertThat(TocFixture.xattrs(index, 1)).containsExactly("user.kept=y");
    }
  }

  @Test
  void moreEntriesThanAllowed_areRefused_alsoThoseThatAreImplied() {
    var limits = smallLimits();

    assertThatThrownBy(
            () ->
                index(limits, file("a", 1, 9), file("b", 1, 19), file("c", 1, 29), file("d", 1, 39))
                    .close())
        .hasMessageContaining("TOC entry 4")
        .hasMessageContaining("at most 3");
    assertThatThrownBy(() -> index(limits, file("a/b/c/d", 1, 9)).close())
        .hasMessageContaining("directory entries");
  }

  @Test
  void longChainsOfHardLinks_takeLinearTime() throws IOException {
    var entries = new ArrayList<String>();
    for (int i = 0; i < 20_000; i++) {
      entries.add(link("hardlink", "l" + i, "l" + (i + 1)));
    }
    entries.add(file("l20000", 1, 9));

    try (var index = index(entries.toArray(String[]::new))) {
      assertThat(index.inodeCount()).isEqualTo(2);
      assertThat(index.linkCount(1)).isEqualTo(20_001);
    }
  }

  @Test
  void messages_areShortAndPrintable() {
    var evil = entry("so\\u001bcket" + "x".repeat(1000), "s");

    assertThatThrownBy(() -> index(evil).close())
        .message()
        .hasSizeLessThan(400)
        .doesNotContain("\u001b");
  }

  private static Limits smallLimits() {
    return TestLimits.withEntries(3);
  }
}
