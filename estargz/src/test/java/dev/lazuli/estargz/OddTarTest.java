package dev.lazuli.estargz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.github.luben.zstd.Zstd;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.build.EstargzBuilder;
import dev.lazuli.estargz.build.OddTar;
import dev.lazuli.estargz.build.OddTar.Facts;
import dev.lazuli.estargz.build.SampleTar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tars that containerd unpacks, with what it makes of them, and tars that it refuses. */
final class OddTarTest {
  private static final BuildOptions FAST = BuildOptions.ESTARGZ.withLevel(1).withThreads(1);

  private static final BuildOptions KEPT =
      FAST.withFormat(LayerFormat.ESTARGZ_EXTERNAL_TOC).keepingDiffId();

  private static final String PLAIN = file("a", 0644, 0, 0, 1_700_000_000, "A");

  private static String file(String name, int mode, int uid, int gid, long mtime, String content) {
    return LayerTree.line(0100000 | mode, List.of(uid, gid), mtime, content, name, Map.of());
  }

  static Stream<Arguments> unpacked() {
    var owned = Facts.FILE.withOwner(7, 8).withMtime(5);
    return Stream.of(
        arguments(
            "empty values of numbers",
            new OddTar()
                .pax('x', Map.of("size", "", "uid", "", "gid", "", "mtime", ""))
                .entry("a", '0', "", "A", owned),
            Map.of("a", file("a", 0644, 7, 8, 5, "A"))),
        arguments(
            "empty values of texts",
            new OddTar().pax('x', Map.of("path", "", "linkpath", "", "uname", "")).file("a", "A"),
            Map.of("a", PLAIN)),
        arguments(
            "an empty attribute",
            new OddTar().pax('x', Map.of("SCHILY.xattr.user.e", "")).file("a", "A"),
            Map.of("a", PLAIN.replace("{}", "{user.e=}"))),
        arguments(
            "a global header",
            new OddTar().pax('g', Map.of("uid", "77", "mtime", "9", "path", "b")).file("a", "A"),
            Map.of("a", PLAIN)),
        arguments(
            "a global header between an extension and its entry",
            new OddTar()
                .pax('x', Map.of("path", "b"))
                .gnu('L', "c")
                .pax('g', Map.of("comment", "x"))
                .file("a", "A"),
            Map.of("a", PLAIN)),
        arguments("a global header only", new OddTar().pax('g', Map.of("comment", "x")), Map.of()),
        arguments(
            "extensions at the end",
            new OddTar().file("a", "A").pax('x', Map.of("path", "b")).gnu('L', "c"),
            Map.of("a", PLAIN)),
        arguments(
            "several extensions of one entry",
            new OddTar()
                .pax('x', Map.of("path", "b", "uid", "7"))
                .pax('x', Map.of("gid", "8"))
                .file("a", "A"),
            Map.of("a", file("a", 0644, 0, 8, 1_700_000_000, "A"))),
        arguments(
            "a long name before a path",
            new OddTar().gnu('L', "a").pax('x', Map.of("path", "b")).file("c", "A"),
            Map.of("a", PLAIN)),
        arguments(
            "a long name behind a path",
            new OddTar().pax('x', Map.of("path", "b")).gnu('L', "a").file("c", "A"),
            Map.of("a", PLAIN)),
        arguments(
            "a long link and a linkpath",
            new OddTar().gnu('K', "t").pax('x', Map.of("linkpath", "u")).symlink("l", "v"),
            Map.of("l", LayerTree.line(0120777, List.of(0, 0), 1_700_000_000, "t", "l", Map.of()))),
        arguments(
            "a user name that is not UTF-8",
            new OddTar().entry("a", '0', "", "A", Facts.FILE.withUser("caf\u00e9")),
            Map.of("a", PLAIN)),
        arguments(
            "a group name that is not UTF-8",
            new OddTar().pax('x', Map.of("gname", "caf\u00e9")).file("a", "A"),
            Map.of("a", PLAIN)),
        arguments(
            "a file with the name of a directory",
            new OddTar().file("a/", "A"),
            Map.of("a", PLAIN)),
        arguments(
            "an empty file with the name of a directory",
            new OddTar().file("a/", ""),
            Map.of("a", file("a", 0644, 0, 0, 1_700_000_000, ""))),
        arguments(
            "an old directory",
            new OddTar().entry("a/", '\0', "", "", Facts.FILE.withMode(0750)),
            Map.of("a", LayerTree.line(0040750, List.of(0, 0), 1_700_000_000, "", "a", Map.of()))),
        arguments(
            "numbers behind NULs and blanks",
            new OddTar().entry("a", '0', "", "A", new Facts("\0 \0 755 ", 0, 0, 5, "", "ustar  ")),
            Map.of("a", file("a", 0755, 0, 0, 5, "A"))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unpacked")
  void aTarThatUnpacks_becomesTheSameFiles(String what, OddTar tar, Map<String, String> tree)
      throws IOException {
    var bytes = tar.ended();

    for (var options : List.of(FAST, FAST.withFormat(LayerFormat.ZSTD_CHUNKED), KEPT)) {
      assertThat(LayerTree.of(options, bytes)).as(what).isEqualTo(tree);
    }
    assertThat(LayerTree.ofPlain(bytes, 700)).as(what).isEqualTo(tree);
    var diffId = Digest.sha256(bytes);
    assertThat(RoundTripTest.build(KEPT, bytes).layer().diffId()).as(what).isEqualTo(diffId);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 100, 508, 509})
  void aTarThatEndsWithItsContent_isWhole(int padding) throws IOException {
    var tar =
        new OddTar()
            .file("a", "A")
            .header("b", '0', "", 3, Facts.FILE)
            .raw("abc" + "\0".repeat(padding))
            .bytes();

    for (var options : List.of(FAST, FAST.withFormat(LayerFormat.ZSTD_CHUNKED), KEPT)) {
      assertThat(LayerTree.of(options, tar))
          .isEqualTo(Map.of("a", PLAIN, "b", file("b", 0644, 0, 0, 1_700_000_000, "abc")));
    }
    assertThat(LayerTree.ofPlain(tar, 700)).containsOnlyKeys("a", "b");
    var diffId = Digest.sha256(tar);
    assertThat(RoundTripTest.build(KEPT, tar).layer().diffId()).isEqualTo(diffId);
  }

  @ParameterizedTest
  @ValueSource(strings = {"first", "between", "last", "both"})
  void zstdWithFramesToSkip_isRead(String where) throws IOException {
    var tar = SampleTar.rich().bytes();
    var half = Zstd.compress(Arrays.copyOf(tar, 100_000));
    var rest = Zstd.compress(Arrays.copyOfRange(tar, 100_000, tar.length));
    var layer = new ByteArrayOutputStream();
    layer.writeBytes(where.matches("first|both") ? skippable(0x184d2a50, "hello") : new byte[0]);
    layer.writeBytes(where.equals("both") ? skippable(0x184d2a5f, "") : new byte[0]);
    layer.writeBytes(half);
    layer.writeBytes(where.matches("between|both") ? skippable(0x184d2a53, "x") : new byte[0]);
    layer.writeBytes(rest);
    layer.writeBytes(where.matches("last|both") ? skippable(0x184d2a50, "end") : new byte[0]);

    assertThat(LayerTree.of(FAST, layer.toByteArray())).isEqualTo(LayerTree.of(FAST, tar));
  }

  private static byte[] skippable(int magic, String content) {
    return ByteBuffer.allocate(8 + content.length())
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(magic)
        .putInt(content.length())
        .put(content.getBytes(UTF_8))
        .array();
  }

  @Test
  void gzipOfSeveralMembers_isReadWhole_whateverItsSourceSaysIsAvailable() throws IOException {
    var tar = SampleTar.rich().bytes();
    var layer = new ByteArrayOutputStream();
    for (int at = 0; at < tar.length; at += 50_000) {
      try (var gzip = new GZIPOutputStream(layer)) {
        gzip.write(tar, at, Math.min(50_000, tar.length - at));
      }
    }
    var trickling =
        new ByteArrayInputStream(layer.toByteArray()) {
          @Override
          public synchronized int read(byte[] into, int offset, int length) {
            return super.read(into, offset, Math.min(length, 1000));
          }

          @Override
          public synchronized int available() {
            return 0;
          }
        };
    var kept =
        new EstargzBuilder(KEPT)
            .build(trickling, OutputStream.nullOutputStream(), OutputStream.nullOutputStream());

    assertThat(kept.diffId()).isEqualTo(Digest.sha256(tar));
  }

  static Stream<Arguments> ordered() {
    return Stream.of(
        arguments(
            new OddTar().directory("d/", 0755).file("d/x", "X").file("d", "D").file("p", "P"),
            "d twice"),
        arguments(
            new OddTar().file("a", "one").hardLink("b", "a").file("a", "two").file("p", "P"),
            "a twice"),
        arguments(new OddTar().file(".wh.p", "").directory("p", 0755), ".wh.p twice"),
        arguments(
            new OddTar().symlink("l", "m").symlink("m", "r").file("l/p", "P").file("p", "P"),
            "above l/p"),
        arguments(new OddTar().file("r/x", "X").symlink("l", "r").hardLink("p", "l/x"), "above p"),
        arguments(
            new OddTar().directory("l/l", 0755).file("b", "B").hardLink("l", "b"), "above l/l"),
        arguments(
            new OddTar().file("d/x", "X").directory("d/", 0755).file("p", "P"),
            "above d/x comes after it"),
        arguments(
            new OddTar()
                .file("a", "A")
                .hardLink("b", "a")
                .entry("p", '1', "b", "", Facts.FILE.withMode(0600)),
            "hard links to b differ"));
  }

  @ParameterizedTest
  @MethodSource("ordered")
  void aLayerWhoseOrderMatters_isLeftInIt_andItIsSaid(OddTar tar, String why) throws IOException {
    var bytes = tar.ended();
    var options = FAST.withPrioritized(List.of("p", "b", "d/x", "l/p"), true);

    var built = RoundTripTest.build(options, bytes);

    assertThat(built.layer().unprioritized()).hasValueSatisfying(w -> assertThat(w).contains(why));
    assertThat(built.blob().bytes()).isEqualTo(RoundTripTest.build(FAST, bytes).blob().bytes());
  }

  @Test
  void aLayerWithRepeatedRootsAndLandmarks_isPrioritizedAllTheSame() throws IOException {
    var tar =
        new OddTar()
            .directory("./", 0755)
            .file(".prefetch.landmark", "x")
            .directory("/", 0700)
            .file(".prefetch.landmark", "x")
            .file("p", "P")
            .ended();

    var built = RoundTripTest.build(FAST.withPrioritized(List.of("p"), false), tar);

    assertThat(built.layer().unprioritized()).isEmpty();
  }
}
