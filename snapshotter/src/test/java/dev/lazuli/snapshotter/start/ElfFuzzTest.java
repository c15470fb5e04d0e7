package dev.lazuli.snapshotter.start;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.testimages.Costs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Programs of strangers: what they ask of a head start stays within its limits. */
final class ElfFuzzTest {
  private static final StartLimits LIMITS = StartLimits.DEFAULT;
  private static final String PATH = "/deep" + "/d".repeat(2000) + "/app";

  private static final class Bytes implements FileParts {
    private final byte[] content;

    Bytes(byte[] content) {
      this.content = content;
    }

    @Override
    public String path() {
      return PATH;
    }

    @Override
    public long size() {
      return content.length;
    }

    @Override
    public byte[] read(long at, int length) {
      int from = Math.clamp(at, 0, content.length);
      return Arrays.copyOfRange(content, from, Math.min(content.length, from + length));
    }
  }

  @FuzzTest(maxDuration = "30s")
  void elf(byte[] content) throws IOException {
    Costs.assertCheap(() -> readElf(content));
  }

  private static void readElf(byte[] content) throws IOException {
    var file = new Bytes(content);
    if (Elf.starts(file.read(0, 256))) {
      Elf elf = Elf.read(file, LIMITS);

      assertThat(elf.needed()).hasSizeLessThanOrEqualTo(LIMITS.needed()).doesNotContain("");
      check(elf.searched());
    }
  }

  @FuzzTest(maxDuration = "30s")
  void search_path(byte[] content) throws IOException {
    Costs.assertCheap(() -> readSearchPath(content));
  }

  private static void readSearchPath(byte[] content) {
    var list = new String(content, StandardCharsets.UTF_8);

    check(SearchPath.directories(List.of(list, list), "/deep" + "/d".repeat(2000), LIMITS));
    var start = ImageStart.of(List.of(), List.of(list), List.of(), List.of("PATH=" + list), list);
    assertThat(start.path()).hasSizeLessThanOrEqualTo(LIMITS.directories());
    assertThat(start.workingDirectory()).hasSizeLessThanOrEqualTo(LIMITS.pathBytes());
  }

  private static void check(List<String> directories) {
    assertThat(directories)
        .hasSizeLessThanOrEqualTo(LIMITS.directories())
        .allMatch(directory -> directory.startsWith("/"));
    assertThat(directories.stream().mapToLong(String::length).sum())
        .isLessThanOrEqualTo(LIMITS.searchedBytes());
  }
}
