package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.start.StartLimits;
import dev.lazuli.snapshotter.start.TinyElf;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Walks over one small image whose scripts, modules, settings and archives hold whatever a stranger
 * likes: they end soon, and within their limits.
 */
final class StartWalkFuzzTest {
  private static final int FILE_BYTES = 4096;
  private static final Duration MOST_TIME = Duration.ofSeconds(5);

  private static final List<String> DIRECTORIES =
      List.of(
          "app",
          "app/__pycache__",
          "usr",
          "usr/bin",
          "usr/lib",
          "usr/lib/python3.12",
          "usr/lib/python3.12/site-packages");

  private static final List<String> OPEN =
      List.of(
          "app/run",
          "app/main.py",
          "app/mod.py",
          "app/__pycache__/sub.cpython-312.pyc",
          "app/main.js",
          "app/package.json",
          "app/app.jar",
          "usr/lib/python3.12/site-packages/x.pth");

  private static final List<List<String>> STARTS =
      List.of(
          List.of("/app/run"),
          List.of("python3.12", "/app/main.py"),
          List.of("python3.12", "-m", "sub"),
          List.of("node", "/app"),
          List.of("node", "/app/main.js"),
          List.of("java", "-jar", "/app/app.jar"));

  /** The image, made once. */
  private static final class Image extends HeadStartRig {
    private final List<Long> places = new ArrayList<>();
    private final Path data;

    Image() throws Exception {
      directory = Files.createTempDirectory("lazuli");
      Runtime.getRuntime().addShutdownHook(new Thread(this::remove));
      open();
      var tree = new ImageTree();
      DIRECTORIES.forEach(tree::directory);
      OPEN.forEach(path -> tree.file(path, FileContent.generated(FILE_BYTES, path.hashCode())));
      for (var program : List.of("sh", "python3.12", "node", "java", "env")) {
        tree.file("usr/bin/" + program, content(new TinyElf()));
      }
      layer(tree);
      var opened = layers.getFirst();
      opened.fetch().prefetch(List.of(new ChunkRun(0, opened.data().chunks().count()))).join();
      for (String path : OPEN) {
        places.add(opened.image().dataOffset(nid(opened.image(), path)));
      }
      try (var files = Files.walk(directory.resolve("root"))) {
        data = files.filter(file -> file.endsWith("data")).findFirst().orElseThrow();
      }
    }

    private static long nid(ErofsImage image, String path) throws IOException {
      long nid = image.rootNid();
      for (String name : path.split("/", -1)) {
        var bytes = MemorySegment.ofArray(name.getBytes(StandardCharsets.UTF_8));
        nid = image.lookup(nid, bytes, 0, (int) bytes.byteSize());
      }
      return nid;
    }

    void fill(byte[] content) throws IOException {
      try (var file = FileChannel.open(data, StandardOpenOption.WRITE)) {
        for (long place : places) {
          file.write(ByteBuffer.wrap(Arrays.copyOf(content, FILE_BYTES)), place);
        }
      }
    }

    private void remove() {
      try {
        close();
        try (var files = Files.walk(directory)) {
          for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(file);
          }
        }
      } catch (IOException e) {
        System.err.println("left behind: " + directory + ": " + e);
      }
    }
  }

  private static final class Held {
    static final Image IMAGE = image();

    private static Image image() {
      try {
        return new Image();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** The first byte says what is started; the rest is what the files hold. */
  @FuzzTest(maxDuration = "30s")
  void walk(byte[] input) throws Exception {
    int how = input.length == 0 ? 0 : input[0] & 0xff;
    byte[] content = Arrays.copyOfRange(input, Math.min(1, input.length), input.length);
    Held.IMAGE.fill(content);
    long began = System.nanoTime();
    var walked =
        Held.IMAGE.run(StartLimits.DEFAULT, STARTS.get(how % STARTS.size()), "/app/main.py");
    assertThat(walked.files()).isBetween(1, 100);
    assertThat(walked.lookUps()).isLessThanOrEqualTo(StartLimits.DEFAULT.lookUps());
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(MOST_TIME);
  }
}
