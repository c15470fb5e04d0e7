package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench/kills} with few kills. */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class KillsIT {
  private static final int KILLS = 20;
  private static final int READERS = 3;

  @TempDir Path directory;

  @Test
  void killedDaemons_costReadersNothing_andLeaveNothing() throws Exception {
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs root and /dev/fuse to mount layers");
    long seed = System.nanoTime();
    System.out.println("seed " + seed);

    try (var kills = new Kills(directory, READERS, KillsIT::launch, seed)) {
      for (int i = 0; i < KILLS; i++) {
        kills.round(i % 4 == 3);
      }
      var result = kills.end();
      System.out.println(result);

      assertThat(result.wrong()).isEmpty();
      assertThat(result.errors()).isEmpty();
      assertThat(result.leftovers()).isEmpty();
      assertThat(result.reads()).isPositive();
    }
  }

  private static Process launch(List<String> settings, Path log) throws IOException {
    var arguments = new ArrayList<>(List.of("-", "-"));
    arguments.addAll(settings);
    return NodeProcess.launch(log, List.of(), Map.of(), arguments);
  }
}
