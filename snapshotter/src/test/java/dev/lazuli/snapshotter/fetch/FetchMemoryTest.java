package dev.lazuli.snapshotter.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Memory does not grow with layers, and hardly with streams: runs {@link FetchMemoryProbe} in a JVM
 * with 64 MiB of heap and 32 MiB of direct memory. {@code lazuli.memory.mib} sets the size of the
 * large layer (default 512).
 */
@Timeout(300)
final class FetchMemoryTest {
  private static final long LAYER_MIB = Long.getLong("lazuli.memory.mib", 512);

  @TempDir Path root;

  private String probe(String... arguments) throws IOException, InterruptedException {
    var command =
        new java.util.ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:MaxDirectMemorySize=32m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                FetchMemoryProbe.class.getName(),
                root.toString()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    System.out.println(output.strip());
    return output;
  }

  @Test
  void wholeLargeLayer_isFetchedWithinTheHeap() throws Exception {
    assertThat(probe("whole", Long.toString(LAYER_MIB))).contains("complete");
  }

  @Test
  void sixteenStreams_takeLessThanOneMebibyteEach() throws Exception {
    String output = probe("streams", "16");

    String marker = "bytes per further stream: ";
    int at = output.indexOf(marker) + marker.length();
    long perStream = Long.parseLong(output.substring(at, output.indexOf('\n', at)));
    assertThat(perStream).isLessThan(1 << 20);
  }
}
