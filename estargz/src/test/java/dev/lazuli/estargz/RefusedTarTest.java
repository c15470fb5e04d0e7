package dev.lazuli.estargz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.build.EstargzBuilder;
import dev.lazuli.estargz.build.OddTar;
import dev.lazuli.estargz.build.OddTar.Facts;
import dev.lazuli.estargz.tar.TarFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers that are not tars, or that nobody would unpack. */
final class RefusedTarTest {
  private static final BuildOptions FAST = BuildOptions.ESTARGZ.withLevel(1).withThreads(1);

  @Test
  void aTarThatEndsWithinContent_isRefused() {
    var tar = new OddTar().header("b", '0', "", 3, Facts.FILE).raw("ab").bytes();

    assertThatThrownBy(() -> RoundTripTest.build(FAST, tar)).hasMessageContaining("tar ends");
  }

  static Stream<Arguments> refused() {
    var longest = "n".repeat(256);
    return Stream.of(
        arguments(new OddTar().pax('x', Map.of("path", "a\0b")).file("a", ""), "NUL"),
        arguments(new OddTar().pax('x', Map.of("linkpath", "a\0b")).symlink("a", ""), "NUL"),
        arguments(new OddTar().pax('x', Map.of("k\0", "b")).file("a", ""), "PAX key"),
        arguments(
            new OddTar().extension('x', "PaxHeaders/x", "6 a=b\nmore").file("a", ""),
            "PAX record at 6"),
        arguments(new OddTar().pax('x', attributes(16_385)).file("a", ""), "more than 16384"),
        arguments(
            new OddTar().pax('x', Map.of("linkpath", "t".repeat(4096))).symlink("a", ""),
            "link target of 4096 bytes"),
        arguments(new OddTar().gnu('K', "t".repeat(4096)).symlink("a", ""), "link target"),
        arguments(new OddTar().pax('x', Map.of("path", longest)).file("a", ""), "name of 256"),
        arguments(
            new OddTar().pax('x', Map.of("path", "d/".repeat(2048))).file("a", ""), "name of 4096"),
        arguments(new OddTar().pax('x', Map.of("path", "caf\u00e9")).file("a", ""), "UTF-8"),
        arguments(new OddTar().pax('x', Map.of("size", "-1")).file("a", ""), "size"),
        arguments(new OddTar().pax('x', Map.of("size", "" + Long.MAX_VALUE)).file("a", ""), "size"),
        arguments(
            new OddTar().entry("a", '0', "", "", new Facts("rwxr-x", 0, 0, 0, "", "ustar")),
            "mode"));
  }

  private static Map<String, String> attributes(int count) {
    return IntStream.range(0, count)
        .boxed()
        .collect(Collectors.toMap(i -> "SCHILY.xattr.user." + i, _ -> ""));
  }

  @ParameterizedTest
  @MethodSource("refused")
  @Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aTarThatNobodyUnpacks_isRefused(OddTar tar, String problem) {
    var bytes = tar.ended();

    assertThatThrownBy(() -> RoundTripTest.build(FAST, bytes))
        .isInstanceOf(TarFormatException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void messages_areShortAndPrintable_whateverAnEntryIsCalled() {
    var name = "\u001b[2J" + "n".repeat(2000);
    var refused = new OddTar().pax('x', Map.of("path", name)).file("a", "").ended();
    var unmountable = new OddTar().entry("\u001b[2J", '1', "\u001b[3J", "", Facts.FILE).ended();

    for (var tar : List.of(refused, unmountable)) {
      assertThatThrownBy(() -> LayerTree.of(FAST, tar))
          .isInstanceOf(IOException.class)
          .message()
          .doesNotContain("\u001b")
          .hasSizeLessThan(500);
    }
  }

  @Test
  void extensionsWithoutEnd_areRefused_beforeTheyFillMemory() {
    var one = new OddTar().pax('x', Map.of("comment", "c".repeat(900_000))).bytes();
    var endless =
        new InputStream() {
          private long at;

          @Override
          public int read() {
            return one[(int) (at++ % one.length)];
          }

          @Override
          public int read(byte[] into, int offset, int length) {
            var from = (int) (at % one.length);
            var count = Math.min(length, one.length - from);
            System.arraycopy(one, from, into, offset, count);
            at += count;
            return count;
          }
        };

    assertThatThrownBy(
            () -> new EstargzBuilder(FAST).build(endless, OutputStream.nullOutputStream()))
        .isInstanceOf(TarFormatException.class)
        .hasMessageContaining("in total");
  }

  static Stream<Arguments> noTars() {
    return Stream.of(
        arguments("xz", HexFormat.of().parseHex("fd377a585a000004e6d6b446"), "compressed by xz"),
        arguments("bzip2", "BZh91AY&SY".getBytes(UTF_8), "compressed by bzip2"),
        arguments("text", "hello\n".getBytes(UTF_8), "neither tar, gzip nor zstd"),
        arguments(
            "more text", "hello\n".repeat(500).getBytes(UTF_8), "neither tar, gzip nor zstd"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("noTars")
  void whatIsNoTar_isRefusedAsSuch(String what, byte[] layer, String problem) {
    assertThatThrownBy(() -> RoundTripTest.build(FAST, layer))
        .as(what)
        .isInstanceOf(TarFormatException.class)
        .hasMessageContaining(problem);
  }
}
