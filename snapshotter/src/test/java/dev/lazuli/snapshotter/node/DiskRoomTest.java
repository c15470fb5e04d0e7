package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.config.Configuration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiskRoomTest {
  @TempDir Path root;

  private DiskRoom room(String reserve) throws IOException {
    var file = root.resolve("config.toml");
    if (!Files.exists(file)) {
      Files.createFile(file);
    }
    var config = Configuration.load(file, Map.of("cache.reserve", reserve));
    return DiskRoom.of(root, config.cache());
  }

  @Test
  void lessThanTheReserve_isSaidWithBothAmounts() {
    assertThat(new DiskRoom(31L << 30, 100L << 30).warning())
        .hasValue(
            "only 31.0 GiB of disk are free, 100.0 GiB are reserved (cache.reserve): nothing is"
                + " fetched ahead of readers");
    assertThat(new DiskRoom(10L << 30, 10L << 30).warning()).isEmpty();
  }

  @Test
  void reserveOfTheConfiguration_counts() throws IOException {
    assertThat(room("0").warning()).isEmpty();
    assertThat(room("1000000TiB").warning()).isPresent();
  }
}
