package dev.lazuli.snapshotter.podman;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.podman.StoredUse.NamedLayer;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StoreUsesTest {
  private static final Digest DIGEST = Digest.parse("sha256:" + "ab".repeat(32));
  private static final StoreName NAME = new StoreName("localhost/x:1", DIGEST);
  private static final StoreName OTHER = new StoreName("localhost/x:2", DIGEST);
  private static final NamedLayer LAYER = new NamedLayer(DIGEST, 7, DIGEST, DIGEST, true, true);

  @TempDir Path directory;
  private Path file;
  private StoreUses uses;

  @BeforeEach
  void open() throws IOException {
    file = directory.resolve("uses");
    uses = StoreUses.open(file);
  }

  private void use(long request) throws IOException {
    uses.use(NAME, LAYER, request, false);
  }

  private int count() {
    return uses.find(NAME).map(StoredUse::count).orElse(0);
  }

  @Test
  void uses_areCountedUntilTheLastIsTakenBack() throws IOException {
    use(2);
    use(4);
    uses.use(OTHER, LAYER, 6, false);

    assertThat(count()).isEqualTo(2);
    assertThat(uses.release(NAME, 8, false)).isFalse();
    assertThat(uses.release(NAME, 10, false)).isTrue();
    assertThat(uses.all()).extracting(StoredUse::name).containsExactly(OTHER);
  }

  /** The request loops look, and must not wait for a disk. A writer holds the monitor. */
  @Test
  void lookup_doesNotWaitWhileAUseIsWritten() throws IOException {
    use(2);

    var written = uses;
    synchronized (written) {
      assertThat(CompletableFuture.supplyAsync(this::count))
          .succeedsWithin(Eventually.PATIENCE)
          .isEqualTo(1);
      assertThat(CompletableFuture.supplyAsync(uses::size)).succeedsWithin(Eventually.PATIENCE);
    }
  }

  @Test
  void nextProcess_knowsAllThatWasCounted() throws IOException {
    use(2);
    use(4);
    var before = uses.all();

    open();

    assertThat(uses.all()).isEqualTo(before);
    assertThat(before.getFirst().layer()).isEqualTo(LAYER);
    assertThat(uses.release(NAME, 6, false)).isFalse();
    assertThat(uses.release(NAME, 8, false)).isTrue();
    open();
    assertThat(uses.all()).isEmpty();
  }

  /** The process died between count and answer, so the kernel sends the request again. */
  @Test
  void repeatedRequest_countsOnce() throws IOException {
    use(2);
    use(4);
    open();

    uses.use(NAME, LAYER, 4, true);
    assertThat(count()).isEqualTo(2);
    uses.use(NAME, LAYER, 6, true);
    assertThat(count()).isEqualTo(3);

    assertThat(uses.release(NAME, 8, false)).isFalse();
    open();
    assertThat(uses.release(NAME, 8, true)).isFalse();
    assertThat(count()).isEqualTo(2);
  }

  /** Numbers begin anew with each mount. */
  @Test
  void sameNumberOfAnotherConnection_countsAgain() throws IOException {
    use(2);
    use(2);

    assertThat(count()).isEqualTo(2);
  }

  @Test
  void layerThatNobodyUses_canBeReleased() {
    assertThat(uses.release(NAME, 2, false)).isTrue();
    assertThat(uses.all()).isEmpty();
  }

  @Test
  void diskThatFails_losesNoCount_andGetsItLater() throws IOException {
    Files.createDirectories(directory.resolve("uses.new/full"));
    use(2);
    use(4);
    assertThat(count()).isEqualTo(2);
    assertThat(StoreUses.open(file).all()).isEmpty();

    Files.delete(directory.resolve("uses.new/full"));
    Files.delete(directory.resolve("uses.new"));
    uses.saveAgain();

    assertThat(StoreUses.open(file).all()).isEqualTo(uses.all());
  }

  @Test
  void linesThatMakeNoSense_areLeftOut() throws IOException {
    use(2);
    var line = Files.readString(file);
    Files.writeString(file, "x\n" + line.replace("localhost/x:1", "a b") + line + "1 2 3\n");

    open();

    assertThat(uses.all()).hasSize(1);
    assertThat(count()).isEqualTo(1);
  }

  @Test
  void fileThatCannotBeRead_isNoEmptyOne() throws IOException {
    Files.createDirectory(file);

    assertThatThrownBy(this::open).isInstanceOf(IOException.class);
  }
}
