package dev.lazuli.snapshotter.proof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BannedLayersTest {
  @TempDir Path directory;

  private static final Digest A = Digest.sha256(new byte[1]);
  private static final Digest B = Digest.sha256(new byte[2]);

  private BannedLayers open() {
    return new BannedLayers(directory.resolve("banned"));
  }

  @Test
  void whatIsBanned_staysSoAfterARestart_withItsReasonOnOneLine() {
    var key = BannedLayers.layer(A, Optional.of(B));
    open().ban(key, "its blob\nis\tanother");

    assertThat(open().reason(key)).contains("its blob is another");
    assertThat(open().reason(BannedLayers.layer(A, Optional.empty()))).isEmpty();
  }

  @Test
  void theList_isBounded_andForgetsTheOldest() {
    var banned = open();
    for (int i = 0; i <= BannedLayers.MOST; i++) {
      banned.ban(BannedLayers.chain("sha256:" + i, A), "no");
    }

    assertThat(open().reason(BannedLayers.chain("sha256:0", A))).isEmpty();
    assertThat(open().reason(BannedLayers.chain("sha256:1", A))).contains("no");
  }

  @Test
  void aDamagedList_isBegunAnew() throws IOException {
    Files.write(directory.resolve("banned"), new byte[] {(byte) 0xff, 0, 10});

    var banned = open();
    banned.ban("key", "reason");

    assertThat(open().reason("key")).contains("reason");
  }
}
