package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.proof.Finding;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whether a layer may be read that several use, of whom some were lied to. */
final class FindingsTest {
  private static final Digest LAYER = Digest.sha256(new byte[] {1});
  private static final Findings.Uses RIGHT = new Findings.Uses(true, Optional.empty());
  private static final Findings.Uses WRONG = new Findings.Uses(false, Optional.of("another tar"));
  private static final Findings.Uses BOTH = new Findings.Uses(true, Optional.of("another tar"));
  private static final Findings.Uses NONE = new Findings.Uses(false, Optional.empty());

  private record User(Findings.Uses uses) implements Findings.Listener {
    @Override
    public void found(Digest digest, Finding finding) {}

    @Override
    public Findings.Uses uses(Digest digest) {
      return uses;
    }
  }

  private static Optional<String> judge(Findings.Uses... uses) throws IOException {
    var findings = new Findings();
    for (var one : uses) {
      findings.tell(new User(one));
    }
    return findings.judge(LAYER);
  }

  @Test
  void layerWithOneRightUse_isRead_whoeverElseWasLiedTo() throws IOException {
    assertThat(judge(WRONG, RIGHT)).isEmpty();
    assertThat(judge(RIGHT, WRONG)).isEmpty();
    assertThat(judge(BOTH)).isEmpty();
  }

  @Test
  void layerOfWhichAllUsesAreWrong_isRefused() throws IOException {
    assertThat(judge(WRONG, NONE)).contains("another tar");
    assertThat(judge(NONE, WRONG)).contains("another tar");
  }

  @Test
  void layerThatNobodyUses_isNotRefused() throws IOException {
    assertThat(judge()).isEmpty();
    assertThat(judge(NONE, NONE)).isEmpty();
  }
}
