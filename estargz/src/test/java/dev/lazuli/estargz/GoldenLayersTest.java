package dev.lazuli.estargz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.compare.LayerVerifier;
import dev.lazuli.estargz.footer.FooterBytes;
import dev.lazuli.estargz.read.LayerOpener;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers that other tools made from one tar: they open, verify, and give that tar's tree. */
class GoldenLayersTest {
  static Stream<Arguments> layers() {
    return Stream.of(
        arguments(
            "estargz",
            LayerFormat.ESTARGZ,
            json("35de7adddf997816883f8401c925687c65f2ffec1018352f6306b215902bfc0a")),
        arguments(
            "estargz-prefetch",
            LayerFormat.ESTARGZ,
            json("fa850088fa14a4456db4dd1d2140764a36399bbc04fac0640562508d6387c5e3")),
        arguments(
            "estargz-min-chunk",
            LayerFormat.ESTARGZ,
            json("79cb4537b6be2e649e862518d34745bbdd54add2bb88a5e551ba1e01437bd028")),
        arguments(
            "zstd-chunked",
            LayerFormat.ZSTD_CHUNKED,
            json("f960d82de38cd65a1b15124291812e17d85b94b333742cc8982eec8e09da38fa")),
        arguments(
            "zstd-chunked-min-chunk",
            LayerFormat.ZSTD_CHUNKED,
            json("45f531b80a61e9379dfe19d3ce2a5fa710fc6924848b9338e80a480c80ba4cec")),
        arguments(
            "external-toc",
            LayerFormat.ESTARGZ_EXTERNAL_TOC,
            json("35de7adddf997816883f8401c925687c65f2ffec1018352f6306b215902bfc0a")),
        arguments(
            "zstd-chunked-containers",
            LayerFormat.ZSTD_CHUNKED_CONTAINERS,
            new TocTrust.Compressed(
                sha256("3c6ed0f8dc586836584a1af0fb6d993f5ec25ba62f095ef5d22bb60aab03cb5c"))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("layers")
  void aLayer_isTheTreeOfItsTar(String name, LayerFormat format, TocTrust trust)
      throws IOException {
    var blob = new MemoryBlob(resource(name));
    var request = OpenRequest.of(name, blob, trust);
    if (format == LayerFormat.ESTARGZ_EXTERNAL_TOC) {
      request = request.withExternalToc(new MemoryBlob(resource(name + ".toc")));
    }
    try (var opener = new LayerOpener(Limits.DEFAULT);
        var index = opener.open(request);
        var verifier = new LayerVerifier(Limits.DEFAULT)) {
      assertThat(index.format()).isEqualTo(format);
      assertThat(tree(index, LayerTree.decode(index, blob))).isEqualTo(treeOfTheTar());
      assertThat(verifier.verify(request).problems()).isEmpty();
    }
  }

  @Test
  void theFirstStargz_differsInItsFooterOnly() throws IOException {
    var estargz = resource("estargz");
    var footer = new ByteArrayOutputStream();
    var digits = Arrays.copyOfRange(estargz, estargz.length - 35, estargz.length - 13);
    footer.writeBytes(HexFormat.of().parseHex("1f8b08040000000000ff1600"));
    footer.writeBytes(digits);
    footer.writeBytes(HexFormat.of().parseHex("010000ffff0000000000000000"));
    var blob = new ByteArrayOutputStream();
    blob.write(estargz, 0, estargz.length - FooterBytes.estargz(0).length);
    blob.writeBytes(footer.toByteArray());
    var source = new MemoryBlob(blob.toByteArray());
    try (var opener = new LayerOpener(Limits.DEFAULT);
        var index = opener.open(OpenRequest.of("old", source, new TocTrust.Unverified()))) {
      assertThat(index.format()).isEqualTo(LayerFormat.STARGZ);
      assertThat(tree(index, LayerTree.decode(index, source))).isEqualTo(treeOfTheTar());
    }
  }

  private static TocTrust json(String hex) {
    return new TocTrust.Json(sha256(hex));
  }

  private static Digest sha256(String hex) {
    return Digest.ofSha256(HexFormat.of().parseHex(hex));
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = GoldenLayersTest.class.getResourceAsStream("/golden/" + name)) {
      assertThat(in).as(name).isNotNull();
      return in.readAllBytes();
    }
  }

  /** Returns a line of facts by path. */
  private static Map<String, String> tree(LayerIndex index, byte[] data) {
    var tree = new TreeMap<String, String>();
    for (int directory = 0; directory < index.inodeCount(); directory++) {
      var parent = index.path(directory);
      index.forEachChild(
          directory,
          (name, inode) -> {
            var child = UTF_8.decode(name.asByteBuffer()).toString();
            tree.put(parent.isEmpty() ? child : parent + "/" + child, line(index, inode, data));
          });
    }
    return tree;
  }

  private static String line(LayerIndex index, int inode, byte[] data) {
    var facts = new StringBuilder(Integer.toOctalString(index.mode(inode)));
    facts.append(' ').append(index.uid(inode)).append(':').append(index.gid(inode));
    facts.append(' ').append(index.mtimeSeconds(inode));
    facts.append(' ').append(index.deviceMajor(inode)).append(',').append(index.deviceMinor(inode));
    if (index.dataOffset(inode) >= 0) {
      var from = (int) index.dataOffset(inode);
      facts
          .append(' ')
          .append(digest(Arrays.copyOfRange(data, from, from + (int) index.size(inode))));
    }
    facts.append(' ').append(UTF_8.decode(index.linkTarget(inode).asByteBuffer()));
    var xattrs = new TreeMap<String, String>();
    index.forEachXattr(
        inode,
        (name, value) ->
            xattrs.put(
                UTF_8.decode(name.asByteBuffer()).toString(),
                ISO_8859_1.decode(value.asByteBuffer()).toString()));
    return facts.append(xattrs).toString();
  }

  private static String digest(byte[] content) {
    return Digest.sha256(content).toString();
  }

  private static Map<String, String> treeOfTheTar() throws IOException {
    var tree = new TreeMap<String, String>();
    for (var implied :
        new String[] {"deep", "deep/without", "deep/without/parents", "many", "gone"}) {
      tree.put(implied, "40755 0:0 0 0,0 {}");
    }
    var gzip = new GZIPInputStream(new ByteArrayInputStream(resource("sample.tar.gz")));
    try (var tar = new TarArchiveInputStream(gzip, "UTF-8")) {
      for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        add(tree, entry, tar.readAllBytes());
      }
    }
    return tree;
  }

  private static void add(Map<String, String> tree, TarArchiveEntry entry, byte[] content) {
    var name = entry.getName().replaceFirst("/$", "");
    if (name.equals("opaque/.wh..wh..opq")) {
      tree.computeIfPresent(
          "opaque", (n, line) -> line.replace("{}", "{trusted.overlay.opaque=y}"));
    } else if (name.equals("gone/.wh.file")) {
      tree.put("gone/file", "20000 0:0 1700000000 0,0 {}");
      tree.put("gone", "40755 0:0 0 0,0 {trusted.overlay.origin=}");
    } else if (entry.isLink()) {
      var linked = relinked(String.valueOf(tree.get(entry.getLinkName())), entry);
      tree.put(name, linked);
      tree.put(entry.getLinkName(), linked);
    } else {
      tree.put(name, line(entry, content));
    }
  }

  /** A hard link gives its file its own attributes, and takes a capability that it lacks away. */
  private static String relinked(String file, TarArchiveEntry link) {
    return line(link, new byte[0]).replaceFirst(" 0,0 .*", "")
        + file.substring(file.indexOf(" 0,0 ")).replaceFirst("security\\.capability=[^,]*, ", "");
  }

  private static String line(TarArchiveEntry entry, byte[] content) {
    var type =
        switch ((char) entry.getLinkFlag()) {
          case '2' -> 0xa000;
          case '3' -> 0x2000;
          case '4' -> 0x6000;
          case '5' -> 0x4000;
          case '6' -> 0x1000;
          default -> 0x8000;
        };
    var xattrs = new TreeMap<String, String>();
    entry
        .getExtraPaxHeaders()
        .forEach(
            (key, value) -> {
              if (key.startsWith("SCHILY.xattr.")) {
                xattrs.put(key.substring("SCHILY.xattr.".length()), value);
              }
            });
    return "%o %d:%d %d %d,%d%s %s%s"
        .formatted(
            type | (entry.getMode() & 0xfff),
            entry.getLongUserId(),
            entry.getLongGroupId(),
            entry.getLastModifiedTime().to(TimeUnit.SECONDS),
            entry.getDevMajor(),
            entry.getDevMinor(),
            content.length > 0 ? " " + digest(content) : "",
            entry.getLinkName(),
            xattrs);
  }
}
