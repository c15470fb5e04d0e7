package dev.lazuli.snapshotter.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PrintableTest {
  @ParameterizedTest
  @CsvSource({
    "'\033[2J', '\\u001b[2J'",
    "'a\nb', 'a\\u000ab'",
    "'\u009b31m', '\\u009b31m'",
    "'\u202etxt.exe', '\\u202etxt.exe'",
    "'\u2028', '\\u2028'",
    "'\u007f\r', '\\u007f\\u000d'"
  })
  void whatActsOnATerminal_isWrittenOut(String text, String expected) {
    assertThat(Printable.of(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "registry.example/python:3", "\u00e9t\u00e9 \u4e2d \ud83d\ude00"})
  void whatIsSeenAsItself_stays(String text) {
    assertThat(Printable.of(text)).isEqualTo(text);
  }
}
