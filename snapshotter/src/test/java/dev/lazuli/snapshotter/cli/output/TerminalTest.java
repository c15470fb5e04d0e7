package dev.lazuli.snapshotter.cli.output;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TerminalTest {
  private static final Map<String, String> XTERM = Map.of("TERM", "xterm-256color");

  @Test
  void terminal_getsItsWidthAndColours() {
    var style = Terminal.style(XTERM, UTF_8, Optional.of(173));

    assertThat(style.width()).isEqualTo(173);
    assertThat(style.colours()).isTrue();
    assertThat(style.unicode()).isTrue();
  }

  @Test
  void pipe_getsNoColours() {
    assertThat(Terminal.style(XTERM, UTF_8, Optional.empty()).colours()).isFalse();
  }

  @Test
  void asciiTerminal_getsNoBlocks() {
    assertThat(Terminal.style(XTERM, US_ASCII, Optional.of(80)).unicode()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"xterm,1,false", "xterm,'',true", "dumb,'',false"})
  void noColor_andDumbTerminals_areHonoured(String term, String noColor, boolean colours) {
    var environment = Map.of("TERM", term, "NO_COLOR", noColor);

    assertThat(Terminal.style(environment, UTF_8, Optional.of(80)).colours()).isEqualTo(colours);
  }

  @ParameterizedTest
  @CsvSource({"120,120", "0,90", "wide,90", "99999999999,90"})
  void columns_winWhereTheyAreANumber(String columns, int width) {
    var environment = Map.of("COLUMNS", columns);

    assertThat(Terminal.style(environment, UTF_8, Optional.of(90)).width()).isEqualTo(width);
  }
}
