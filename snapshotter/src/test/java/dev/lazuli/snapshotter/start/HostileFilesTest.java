package dev.lazuli.snapshotter.start;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Files of the largest size that a head start looks into, made to cost what they can: what they
 * cost is asserted by the fuzz targets that they are given to.
 */
final class HostileFilesTest {
  private static final int BYTES = StartLimits.DEFAULT.scriptBytes();
  private final StartFilesFuzzTest target = new StartFilesFuzzTest();

  private static byte[] repeated(String begin, String part) {
    int times = (BYTES - begin.length()) / part.length();
    return (begin + part.repeat(times)).getBytes(ISO_8859_1);
  }

  static Stream<byte[]> packages() {
    return Stream.of(
        repeated("{\"a\":[", "{},"),
        repeated("{\"a\":[", "[],"),
        repeated("{\"a\":[", "\"b\","),
        repeated("{\"a\":", "{\"a\":"),
        repeated("{\"exports\":", "{\"node\":"),
        repeated("{\"main\":\"", "m"),
        numbered());
  }

  /** Many different names. */
  private static byte[] numbered() {
    var text = new StringBuilder("{");
    for (int i = 0; text.length() < BYTES; i++) {
      text.append("\"n").append(i).append("\":0,");
    }
    return text.toString().getBytes(ISO_8859_1);
  }

  @ParameterizedTest
  @MethodSource("packages")
  void packageDescription_costsLittle_whateverItHolds(byte[] file) throws IOException {
    target.node_package(file);
    assertThat(NodePackage.main(file)).isEmpty();
  }

  static Stream<byte[]> scripts() {
    return Stream.of(
        repeated("#!/bin/sh\n", "x"),
        repeated("", "a;"),
        repeated("a ", "b "),
        repeated("sh -c ", "'\"' "),
        repeated("", "\\\n"));
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void script_costsLittle_whateverItHolds(byte[] file) throws IOException {
    target.shell_words(file);
  }

  static Stream<byte[]> sources() {
    return Stream.of(
        repeated("", "require('a');"),
        repeated("import\"", "from\"" + "a".repeat(250)),
        repeated("", "require   (   "));
  }

  @ParameterizedTest
  @MethodSource("sources")
  void nodeSource_costsLittle_whateverItHolds(byte[] file) throws IOException {
    target.node_source(file);
  }
}
