package dev.lazuli.snapshotter.fetch;

import static dev.lazuli.demo.registry.RegistryRequest.anyBlob;
import static dev.lazuli.snapshotter.fetch.FetchMemoryProbe.CHUNK_BYTES;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.lazuli.demo.registry.BlobContent;
import dev.lazuli.estargz.Compression;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Memory does not grow with layers, and hardly with streams: runs {@link FetchMemoryProbe} in a JVM
 * with 64 MiB of heap and 32 MiB of direct memory, against a registry in this one. The large layer
 * has 4 GiB in continuous integration, otherwise {@code lazuli.memory.mib} (default 512).
 */
@Timeout(600)
final class FetchMemoryTest {
  private static final boolean CI = "true".equals(System.getenv("CI"));
  private static final int LAYER_MIB = Integer.getInteger("lazuli.memory.mib", CI ? 4096 : 512);
  private static final int STALL_AT = 300_000;

  /** What zstd keeps of a frame made on its default level, in memory of its own. */
  private static final int ZSTD_WINDOW = 2 << 20;

  @TempDir Path root;

  private final byte[] chunk = chunk();

  private static byte[] chunk() {
    byte[] content = new byte[CHUNK_BYTES];
    byte[] noise = new byte[CHUNK_BYTES / 8];
    new Random(1).nextBytes(noise);
    System.arraycopy(noise, 0, content, CHUNK_BYTES / 4, noise.length);
    return content;
  }

  private byte[] member(Compression compression) {
    return compression == Compression.GZIP ? TestBlob.gzip(chunk) : Zstd.compress(chunk, 3);
  }

  /** One member again and again. */
  private record Repeated(ByteBuffer member, long size) implements BlobContent {
    @Override
    public void read(long offset, ByteBuffer target) {
      long at = offset;
      while (target.hasRemaining()) {
        int from = (int) (at % member.limit());
        int part = Math.min(target.remaining(), member.limit() - from);
        target.put(target.position(), member, from, part).position(target.position() + part);
        at += part;
      }
    }
  }

  private String probe(TestRegistry registry, Compression compression, String... what)
      throws IOException, InterruptedException {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms64m",
                "-Xmx64m",
                "-XX:+AlwaysPreTouch",
                "-XX:MaxDirectMemorySize=32m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                FetchMemoryProbe.class.getName(),
                root.toString(),
                registry.host(),
                compression.name(),
                Integer.toString(member(compression).length),
                HexFormat.of().formatHex(TestBlob.sha256(chunk))));
    command.addAll(List.of(what));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    System.out.println(output.strip());
    return output;
  }

  @ParameterizedTest
  @EnumSource(names = {"GZIP", "ZSTD"})
  void wholeLargeLayer_isFetchedWithinTheHeap(Compression compression) throws Exception {
    int chunks = LAYER_MIB / (CHUNK_BYTES >> 20);
    var member = ByteBuffer.wrap(member(compression));
    try (var registry = TestRegistry.start()) {
      var layer = new Repeated(member, (long) chunks * member.limit());
      registry.serveBlob(FetchMemoryProbe.digest(1), layer);

      assertThat(probe(registry, compression, "whole", Integer.toString(chunks)).lines())
          .contains("complete");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"GZIP", "ZSTD"})
  void sixteenStreams_takeLessThanOneMebibyteEach(Compression compression) throws Exception {
    var member = ByteBuffer.wrap(member(compression));
    try (var registry = TestRegistry.start()) {
      for (int i = 1; i <= 16; i++) {
        registry.serveBlob(FetchMemoryProbe.digest(i), new Repeated(member, 4L * member.limit()));
      }
      registry.faults().always(anyBlob(), new Fault.Stall(STALL_AT, Duration.ofMinutes(2)));

      String output = probe(registry, compression, "streams", "16", Integer.toString(STALL_AT));

      String marker = "bytes per further stream: ";
      int at = output.indexOf(marker) + marker.length();
      long perStream = Long.parseLong(output.substring(at, output.indexOf('\n', at)));
      assertThat(output).contains("16 streams");
      assertThat(perStream)
          .isLessThan((1 << 20) + (compression == Compression.ZSTD ? ZSTD_WINDOW : 0));
    }
  }
}
