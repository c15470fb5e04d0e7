package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.layers.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DirectoryTreeTest {
  /** Deeper than a small stack, than what a process may often have open, than a path is long. */
  private static final int DEPTH = 4_000;

  /** That of the daemon's threads. */
  private static final long SMALL_STACK_BYTES = 256 << 10;

  @TempDir private Path directory;
  private Path root;

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(directory.resolve("root"));
  }

  @Test
  void everythingBelow_goes_andNothingElse() throws IOException {
    var outside = Files.writeString(directory.resolve("outside"), "x");
    var deep = Files.createDirectories(root.resolve("a/b/c"));
    Files.createSymbolicLink(deep.resolve("out"), directory);
    Files.createLink(deep.resolve("linked"), outside);
    Files.createSymbolicLink(root.resolve("dangling"), Path.of("nowhere"));

    DirectoryTree.delete(root);

    assertThat(directory).isDirectoryContaining(outside::equals);
    assertThat(root).doesNotExist();
    assertThat(outside).hasContent("x");
  }

  @Test
  void fileOrNothing_isDeletedToo() throws IOException {
    DirectoryTree.delete(Files.createFile(root.resolve("file")));
    DirectoryTree.delete(root.resolve("none"));

    assertThat(root).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 100})
  void usage_isTheSame_howeverFewFilesWithSeveralNamesAreRemembered(int mostLinked)
      throws IOException {
    for (int i = 0; i < 5; i++) {
      var file = Files.write(root.resolve("a" + i), new byte[5000]);
      Files.createLink(root.resolve("b" + i), file);
      Files.createLink(root.resolve("c" + i), file);
    }
    Files.write(root.resolve("single"), new byte[1]);
    long directoryBytes =
        DirectoryTree.usage(Files.createDirectory(root.resolve("d")), 0).sizeBytes();

    var usage = DirectoryTree.usage(root, mostLinked);

    assertThat(usage).isEqualTo(new Usage(5 * 8192 + 4096 + 2 * directoryBytes, 5 + 1 + 2));
  }

  @Test
  void usage_beyondTheFilesThatAreRemembered_countsEachNameForItsShare() throws IOException {
    var file = Files.write(root.resolve("a"), new byte[8192]);
    Files.createLink(directory.resolve("outside"), file);

    long all = DirectoryTree.usage(root, 1).sizeBytes();

    assertThat(DirectoryTree.usage(root, 0).sizeBytes()).isEqualTo(all - 4096);
  }

  @Test
  void depthThatNoProcessCouldHoldOpen_isNoObstacle() throws Exception {
    makeDeep();
    var deletion =
        new FutureTask<Boolean>(
            () -> {
              DirectoryTree.delete(root);
              return true;
            });

    new Thread(null, deletion, "small stack", SMALL_STACK_BYTES).start();

    assertThat(deletion.get()).isTrue();
    assertThat(root).doesNotExist();
  }

  /** From the inside out: no call could take the whole path. */
  private void makeDeep() throws IOException {
    var tree = Files.createDirectory(root.resolve("tree"));
    var above = root.resolve("above");
    for (int i = 0; i < DEPTH; i++) {
      Files.createDirectory(above);
      Files.createFile(above.resolve("file"));
      Files.move(tree, above.resolve("tree"));
      Files.move(above, tree);
    }
  }
}
