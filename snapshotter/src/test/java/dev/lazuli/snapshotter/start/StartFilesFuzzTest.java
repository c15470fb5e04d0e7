package dev.lazuli.snapshotter.start;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.testimages.Costs;
import java.io.IOException;
import java.util.Arrays;

/** Files that a head start looks into: names within its limits, and little work. */
final class StartFilesFuzzTest {
  private static final StartLimits LIMITS = StartLimits.DEFAULT;

  private static final class Archive implements FileParts {
    private final byte[] content;

    Archive(byte[] content) {
      this.content = content;
    }

    @Override
    public String path() {
      return "/app/app.jar";
    }

    @Override
    public long size() {
      return content.length;
    }

    @Override
    public byte[] read(long at, int length) {
      assertThat(at).isNotNegative();
      assertThat(length).isBetween(0, 1 << 20);
      int from = Math.clamp(at, 0, content.length);
      return Arrays.copyOfRange(content, from, Math.min(content.length, from + length));
    }
  }

  @FuzzTest(maxDuration = "30s")
  void jar(byte[] file) throws IOException {
    Costs.assertCheap(
        () -> {
          try {
            assertThat(JarFile.open(new Archive(file)).classPath()).doesNotContain("");
          } catch (IOException e) {
            assertThat(e).hasMessageStartingWith("manifest: ");
          }
        });
  }

  @FuzzTest(maxDuration = "30s")
  void node_package(byte[] file) throws IOException {
    Costs.assertCheap(
        () -> assertThat(NodePackage.main(file)).hasSizeLessThanOrEqualTo(LIMITS.pathBytes()));
  }

  @FuzzTest(maxDuration = "30s")
  void node_source(byte[] file) throws IOException {
    var text = new String(file, UTF_8);
    Costs.assertCheap(
        () ->
            assertThat(NodeModules.required(text, LIMITS.imports()))
                .hasSizeLessThanOrEqualTo(LIMITS.imports())
                .allMatch(name -> name.length() < 256 && !name.isEmpty()));
  }

  @FuzzTest(maxDuration = "30s")
  void shell_words(byte[] file) throws IOException {
    var text = new String(file, UTF_8);
    Costs.assertCheap(
        () ->
            assertThat(ShellWords.commands(text, LIMITS.words()))
                .hasSizeLessThanOrEqualTo(LIMITS.words())
                .allMatch(
                    words ->
                        !words.getFirst().isEmpty()
                            && words.size() <= LIMITS.words()
                            && words.stream().allMatch(w -> w.length() <= LIMITS.pathBytes())));
  }
}
