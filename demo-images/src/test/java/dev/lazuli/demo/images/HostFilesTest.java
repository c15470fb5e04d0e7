package dev.lazuli.demo.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.images.TreeEntry.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HostFilesTest {
  @TempDir Path directory;

  @Test
  void program_comesWithLoaderAndLibraries() throws Exception {
    var java = Path.of(System.getProperty("java.home"), "bin/java");

    var tree = byPath(new HostFiles().program(java).tree());

    assertThat(tree.keySet()).anyMatch(path -> path.contains("ld-"));
    assertThat(tree.keySet()).anyMatch(path -> path.endsWith("/libc.so.6"));
    assertThat(tree.keySet()).contains(Path.of("/").relativize(java.toRealPath()).toString());
  }

  @Test
  void parents_precedeWhatIsInThem() throws Exception {
    Set<String> seen = new HashSet<>(Set.of(""));

    for (var entry : new HostFiles().program(HostFiles.find("sh").orElseThrow()).tree()) {
      var slash = entry.path().lastIndexOf('/');
      assertThat(seen).contains(slash < 0 ? "" : entry.path().substring(0, slash));
      seen.add(entry.path());
    }
  }

  @Test
  void directory_followsLinksOutOfIt_andLeavesOutWhatIsRefused() throws Exception {
    Files.createDirectories(directory.resolve("in/skip"));
    Files.writeString(directory.resolve("in/skip/file"), "");
    Files.writeString(directory.resolve("target"), "outside");
    Files.createSymbolicLink(directory.resolve("in/link"), Path.of("../target"));
    Files.createSymbolicLink(directory.resolve("in/dangling"), Path.of("nowhere"));

    var files = new HostFiles().directory(directory.resolve("in"), path -> !path.endsWith("skip"));

    var base = Path.of("/").relativize(directory.toRealPath());
    assertThat(byPath(files.tree()))
        .containsKeys(base + "/in", base + "/in/link", base + "/target")
        .doesNotContainKeys(base + "/in/skip", base + "/in/skip/file", base + "/in/dangling")
        .extractingByKey(base + "/in/link")
        .extracting(TreeEntry::node)
        .isEqualTo(new Node.Symlink("../target"));
  }

  @Test
  void linkLoop_isAnError() throws Exception {
    Files.createSymbolicLink(directory.resolve("a"), Path.of("b"));
    Files.createSymbolicLink(directory.resolve("b"), Path.of("a"));

    assertThatThrownBy(() -> new HostFiles().program(directory.resolve("a")))
        .isInstanceOf(IOException.class);
  }

  @Test
  void python_hasItsStandardLibrary() throws Exception {
    var python = HostPython.find();
    assumeTrue(python.isPresent(), "no python3 here");

    var whole = python.get().tree();
    var upper = whole.without(python.get().interpreter());

    assertThat(byPath(whole).keySet()).anyMatch(path -> path.endsWith("/os.py"));
    assertThat(byPath(whole).keySet()).noneMatch(path -> path.contains("/site-packages"));
    assertThat(upper.size()).isBetween(100, whole.size() - 1);
  }

  private static Map<String, TreeEntry> byPath(ImageTree tree) {
    return StreamSupport.stream(tree.spliterator(), false)
        .collect(Collectors.toMap(TreeEntry::path, Function.identity()));
  }
}
