package dev.lazuli.estargz.compare;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.MemoryBlob;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.build.EstargzBuilder;
import dev.lazuli.estargz.build.OddTar;
import dev.lazuli.estargz.build.OddTar.Facts;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.toc.LayerFacts;
import dev.lazuli.estargz.toc.LayerIndex;
import dev.lazuli.estargz.toc.LayerIndexBuilder;
import dev.lazuli.estargz.toc.OpaqueXattr;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A table of contents that says anything but what the tar says is found out, whatever it is. */
class LyingTocTest {
  private static final int TAR_BLOCK = 512;

  private MemoryBlob blob;
  private String toc;

  @BeforeEach
  void build() throws IOException {
    build(
        new OddTar()
            .directory("bin/", 0755)
            .file("bin/sh", "a shell")
            .file("bin/id", "some id")
            .file("zeros", "\0".repeat(5000))
            .hardLink("bin/ash", "bin/sh")
            .symlink("bin/bash", "sh")
            .directory("dir/", 0700)
            .file("dir/.wh..wh..opq", "")
            .file("bin/.wh.gone", "")
            .device("null", 1, 3, Facts.FILE)
            .entry("pipe", '6', "", "", Facts.FILE)
            .pax('x', Map.of("SCHILY.xattr.user.mark", "right", "mtime", "1700000000.6"))
            .file("marked", "marked"));
  }

  private void build(OddTar tar) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var options =
        BuildOptions.ESTARGZ
            .withFormat(LayerFormat.ESTARGZ_EXTERNAL_TOC)
            .withLevel(1)
            .keepingDiffId();
    var outer = new ByteArrayOutputStream();
    var _ = new EstargzBuilder(options).build(new ByteArrayInputStream(tar.ended()), bytes, outer);
    blob = new MemoryBlob(bytes.toByteArray());
    var inTar = new GZIPInputStream(new ByteArrayInputStream(outer.toByteArray())).readAllBytes();
    var size = Integer.parseInt(new String(inTar, 124, 11, ISO_8859_1).strip(), 8);
    toc = new String(Arrays.copyOfRange(inTar, TAR_BLOCK, TAR_BLOCK + size), UTF_8);
  }

  /** Returns what is found wrong with the blob when this table is believed. */
  private Optional<String> problem(String table) throws IOException {
    try (var index = index(table)) {
      return WholeComparison.problem(index, blob);
    }
  }

  private LayerIndex index(String table) throws IOException {
    var none = Digest.ofSha256(new byte[Digest.SHA256_BYTES]);
    var facts = new LayerFacts(LayerFormat.ESTARGZ_EXTERNAL_TOC, none, none, blob.size(), true);
    try (var builder = new LayerIndexBuilder("test", Limits.DEFAULT, OpaqueXattr.USER)) {
      builder.read(new ByteArrayInputStream(table.getBytes(UTF_8)));
      return builder.build(facts);
    }
  }

  /** Returns the table with another text in the entry of a name. */
  private String with(String name, String from, String to) {
    int start = toc.indexOf("\"name\": \"" + name + "\"");
    int end = toc.indexOf("\n\t\t}", start);
    var entry = toc.substring(start, end);
    assertThat(start).as("%s in %s", name, toc).isPositive();
    assertThat(entry).containsPattern(from);
    return toc.substring(0, start) + entry.replaceFirst("(?s)" + from, to) + toc.substring(end);
  }

  private String without(String name) {
    int at = toc.indexOf("\"name\": \"" + name + "\"");
    int start = toc.lastIndexOf('{', at);
    int end = toc.indexOf("\n\t\t}", at) + 4;
    int next = toc.charAt(end) == ',' ? end + 1 : end;
    int before = next == end ? toc.lastIndexOf(',', start) : start;
    return toc.substring(0, before) + toc.substring(next);
  }

  private void assertLie(String table, String... words) throws IOException {
    assertThat(problem(table).orElse("no lie")).contains(words);
  }

  @Test
  void theTruth_isNoLie() throws IOException {
    assertThat(problem(toc)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"20.6Z, true", "20Z, true", "21Z, true", "22Z, false", "20.7Z, false", "19Z, false"})
  void aTimeRoundedToASecond_isNoLie(String seconds, boolean honest) throws IOException {
    var found = problem(with("marked", "13:20.600Z", "13:" + seconds));

    assertThat(found.isEmpty()).as("%s", found).isEqualTo(honest);
    found.ifPresent(lie -> assertThat(lie).contains("/marked is shown with time"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bin/id|\"mode\"|\"uid\": 7, \"mode\"|/bin/id is shown with owner 7:0, its tar has 0:0",
        "bin/id|\"mode\"|\"gid\": 7, \"mode\"|/bin/id is shown with owner 0:7, its tar has 0:0",
        "bin/id|420|2541|/bin/id is shown with mode 0104755, its tar has 0100644",
        "bin/id|bin/id|bin/evil|/bin/evil is shown, but not in its tar",
        "pipe|fifo|dir|/pipe is shown with mode 040644, its tar has 010644",
        "bin/bash|\"sh\"|\"id\"|/bin/bash is shown with a different link target",
        "bin/ash|bin/sh|bin/id|is shown",
        "null|Minor\": 3|Minor\": 5|/null is shown with device 1:5, its tar has 1:3",
        "null|Major\": 1|Major\": 2|/null is shown with device 2:3, its tar has 1:3",
        "marked|2023|2024|/marked is shown with time",
        "marked|cmlnaHQ=|d3Jvbmc=|/marked is not shown with attribute user.mark",
        "marked|user.mark|user.evil|/marked is not shown with attribute user.mark",
        "bin/id|\"mode\"|\"xattrs\": {\"user.evil\": \"AAAA\"}, \"mode\"|attribute user.evil",
        "bin/id|\"offset.*|\"chunkType\": \"zeros\"|/bin/id is shown with zeros where",
        "bin/.wh.gone|gone|here|/bin/here is shown, but not in its tar",
      })
  void whatAnEntrySaysOtherwise_isALie(String name, String from, String to, String lie)
      throws IOException {
    assertLie(with(name, from, to), lie);
  }

  @Test
  void namesOfTwoFiles_exchanged_areALie() throws IOException {
    toc = with("bin/sh", "bin/sh", "bin/tmp");
    toc = with("bin/id", "bin/id", "bin/sh");
    assertLie(with("bin/tmp", "bin/tmp", "bin/id"), "content that its tar has elsewhere");
  }

  @Test
  void anotherSize_isALie() throws IOException {
    var digest = Digest.sha256(new byte[4000]);
    toc = with("zeros", "5000", "4000");
    assertLie(
        with("zeros", "sha256:.*", digest + "\", \"chunkDigest\": \"" + digest + "\""),
        "/zeros is shown with size 4000, its tar has 5000");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pipe|/pipe is in its tar, but not shown",
        "bin/ash|/bin/ash is in its tar, but not shown",
        "bin/|/bin is shown with an entry of its own false, its tar has true",
        "bin/.wh.gone|/bin/gone is in its tar, but not shown",
        "dir/.wh..wh..opq|/dir is not shown with attribute opaque",
        "zeros|/zeros is in its tar, but not shown",
      })
  void anEntryLeftOut_isALie(String name, String lie) throws IOException {
    assertLie(without(name), lie);
  }

  @Test
  void anEntryOfTheTablesOwn_isALie() throws IOException {
    var own = "\"entries\": [{\"name\": \"evil\", \"type\": \"symlink\", \"linkName\": \"/\"},";
    assertLie(toc.replace("\"entries\": [", own), "/evil is shown, but not in its tar");
  }

  @Test
  void aHoleInWhatIsZeros_isNoLie() throws IOException {
    assertThat(problem(with("zeros", "\"offset.*", "\"chunkType\": \"zeros\""))).isEmpty();
  }

  @Test
  void aVerifier_findsTheLieThatNoDigestShows() throws IOException {
    assertThat(verify(toc)).isEmpty();
    assertThat(verify(with("bin/id", "420", "2541")))
        .containsExactly("/bin/id is shown with mode 0104755, its tar has 0100644");
  }

  private List<String> verify(String table) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(new OddTar().file("stargz.index.json", table).ended());
    }
    var request =
        OpenRequest.of("test", blob, new TocTrust.Json(Digest.sha256(table.getBytes(UTF_8))))
            .withExternalToc(new MemoryBlob(bytes.toByteArray()));
    try (var verifier = new LayerVerifier(Limits.DEFAULT)) {
      return verifier.verify(request).problems();
    }
  }

  @Test
  void tooLittleMemoryToCompare_isNoLie() throws IOException {
    int errors = 0;
    Optional<String> found = Optional.of("nothing was compared");
    for (int left = 0; found.isPresent(); left += 512) {
      try {
        found = problemWithin(left);
        assertThat(found).as("with %d bytes", left).isEmpty();
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("memory of its index");
        errors++;
      }
    }
    assertThat(errors).isPositive();
  }

  /** Compares the true table with so much memory. */
  private Optional<String> problemWithin(int bytes) throws IOException {
    var memory = new IndexMemory(Limits.DEFAULT.indexBytes(), 1);
    try (var share = memory.share("test", Duration.ZERO);
        var index = index(toc)) {
      share.take(Limits.DEFAULT.indexBytes() - bytes);
      return WholeComparison.problem(index, blob, share);
    }
  }

  @Test
  void whatIsNoTar_isALie() throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write("not a tar ".repeat(100).getBytes(UTF_8));
    }
    blob = new MemoryBlob(bytes.toByteArray());

    assertLie("{\"version\": 1, \"entries\": []}", "its tar is not what it shows", "neither tar");
  }
}
