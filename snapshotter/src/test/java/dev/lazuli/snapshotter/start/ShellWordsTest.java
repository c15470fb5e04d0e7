package dev.lazuli.snapshotter.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ShellWordsTest {
  @Test
  void commands_areTold_fromWhatTheShellDoesItself() {
    var text =
        """
        #!/bin/sh
        set -e
        # find nothing
        if [ "$1" = 'server' ]; then
          chown -R app "$DATA" && gosu app server --port 80
        fi
        A=1 B="two words" exec python3 -c 'import json; print(1)' \\
          more
        """;

    assertThat(ShellWords.commands(text, 64))
        .containsExactly(
            List.of("chown", "-R", "app", "$DATA"),
            List.of("gosu", "app", "server", "--port", "80"),
            List.of("python3", "-c", "import json; print(1)", "more"));
  }

  @Test
  void commands_areNoMoreThanAskedFor() {
    assertThat(ShellWords.commands("run a b c d;".repeat(100), 3))
        .hasSize(3)
        .allMatch(words -> words.size() == 3);
  }
}
