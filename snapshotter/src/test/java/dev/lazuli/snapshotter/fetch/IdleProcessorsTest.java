package dev.lazuli.snapshotter.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class IdleProcessorsTest {
  @TempDir private Path directory;

  @Test
  void idleProcessors_areCounted_betweenTwoLooks() throws IOException {
    var stat = Files.writeString(directory.resolve("stat"), "cpu  100 0 100 500 100 0 0 0 7 0\n");
    var idle = new IdleProcessors(stat, 4);

    Files.writeString(stat, "cpu  130 10 110 540 110 0 0 0 9 0\n");

    assertThat(idle.sinceLastLook()).isEqualTo(2.0);
    assertThat(idle.sinceLastLook()).as("no time has passed").isEqualTo(4.0);
  }

  @Test
  void allAreIdle_whereNothingCanBeSeen() throws IOException {
    var stat = directory.resolve("stat");
    assertThat(new IdleProcessors(stat, 4).sinceLastLook()).isEqualTo(4.0);

    for (var text : List.of("", "\n", "something else", "cpu  1 2 3 4 many 6 7 8")) {
      Files.writeString(stat, text);
      assertThat(new IdleProcessors(stat, 4).sinceLastLook()).as(text).isEqualTo(4.0);
    }
  }

  @Test
  void thisMachine_tells() {
    var idle = new IdleProcessors();

    assertThat(idle.sinceLastLook())
        .isBetween(0.0, (double) Runtime.getRuntime().availableProcessors());
  }
}
