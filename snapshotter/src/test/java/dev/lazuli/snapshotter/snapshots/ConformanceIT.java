package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.snapshotter.layers.RemoteLayers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * containerd's own snapshotter suite, from the sources that Debian packages, against our service.
 */
final class ConformanceIT {
  private static final Path CONTAINERD_SOURCES =
      Path.of("/usr/share/gocode/src/github.com/containerd/containerd/snapshots/testsuite");
  private static final int TESTS = 21;

  @TempDir private Path directory;

  @Test
  void everyTestOfTheSuite_passes() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting overlayfs needs root");
    assumeTrue(
        Files.isDirectory(CONTAINERD_SOURCES),
        "containerd's suite is in Debian's package golang-github-containerd-containerd-dev");
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/go")), "building containerd's suite needs golang-go");
    var suite = build();
    var socket = directory.resolve("l.sock");

    Result result;
    try (var _ =
        SnapshotterServer.start(
            SnapshotterOptions.of(directory.resolve("root"), socket), RemoteLayers.none())) {
      result =
          run(
              List.of(suite.toString(), "-test.root", "-test.v", "-test.parallel", "1"),
              Map.of("LAZULI_SOCKET", socket.toString(), "TMPDIR", directory.toString()));
    }

    assertThat(result.status()).as(result.output()).isZero();
    assertThat(result.output().lines().filter(line -> line.startsWith("    --- PASS")))
        .hasSize(TESTS - 1);
    assertThat(result.output()).contains("--- SKIP: TestSnapshotter/Rename");
  }

  private Path build() throws IOException, InterruptedException {
    var workspace = directory.resolve("go");
    var module = Files.createDirectories(workspace.resolve("src/conformance"));
    Files.copy(
        Path.of("src/test/go/conformance/conformance_test.go"),
        module.resolve("conformance_test.go"));
    var binary = directory.resolve("conformance.test");
    var built =
        run(
            List.of("/usr/bin/go", "test", "-c", "-o", binary.toString(), "conformance"),
            Map.of(
                "GO111MODULE",
                "off",
                "GOPATH",
                workspace + ":/usr/share/gocode",
                "GOTOOLCHAIN",
                "local",
                "CGO_ENABLED",
                "0"));
    assertThat(built.status()).as(built.output()).isZero();
    return binary;
  }

  private record Result(int status, String output) {}

  private Result run(List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    var output = directory.resolve("output");
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().putAll(environment);
    var process = builder.start();
    try {
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).as(command + " ends in time").isTrue();
      return new Result(process.exitValue(), Files.readString(output));
    } finally {
      process.destroyForcibly();
    }
  }
}
