package dev.lazuli.snapshotter.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BannedLayersTest {
  @TempDir Path directory;

  private BannedLayers open() {
    return new BannedLayers(directory.resolve("banned"));
  }

  @Test
  void whatIsBanned_staysSoAfterARestart_withItsReasonOnOneLine() {
    var key = BannedLayers.layer("sha256:a", Optional.of("sha256:b"));
    open().ban(key, "its blob\nis\tanother");

    assertThat(open().reason(key)).contains("its blob is another");
    assertThat(open().reason(BannedLayers.layer("sha256:a", Optional.empty()))).isEmpty();
  }

  @Test
  void theList_isBounded_andForgetsTheOldest() {
    var banned = open();
    for (int i = 0; i <= BannedLayers.MOST; i++) {
      banned.ban(BannedLayers.chain("sha256:" + i, "sha256:x"), "no");
    }

    assertThat(open().reason(BannedLayers.chain("sha256:0", "sha256:x"))).isEmpty();
    assertThat(open().reason(BannedLayers.chain("sha256:1", "sha256:x"))).contains("no");
  }

  @Test
  void aDamagedList_isBegunAnew() throws IOException {
    Files.write(directory.resolve("banned"), new byte[] {(byte) 0xff, 0, 10});

    var banned = open();
    banned.ban("key", "reason");

    assertThat(open().reason("key")).contains("reason");
  }
}
