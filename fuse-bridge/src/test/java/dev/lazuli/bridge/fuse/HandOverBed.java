package dev.lazuli.bridge.fuse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.bridge.erofs.ErofsMount;
import dev.lazuli.bridge.erofs.SampleLayer;
import dev.lazuli.bridge.kernel.Mounts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A layer, and {@link HandOverServer}s that serve it one after the other. */
final class HandOverBed implements AutoCloseable {
  private static final List<String> WORDS =
      List.of(HandOverServer.MOUNTED, HandOverServer.RESUMED, HandOverServer.TAKEN);

  private final Path directory;
  private final long size;
  private @Nullable Process server;
  private @Nullable BufferedReader output;

  HandOverBed(Path directory) throws IOException {
    this.directory = directory;
    size = SampleLayer.write(metadata());
  }

  Path metadata() {
    return directory.resolve("meta.erofs");
  }

  /** Mounts the layer's metadata, with the FUSE file as its data. */
  Path mountErofs() throws IOException {
    Path place = Files.createDirectory(directory.resolve("erofs"));
    ErofsMount.mount(ErofsMount.Backing.FILE, metadata(), blob(), place);
    return place;
  }

  /** Returns the bytes that the layer's data file has. */
  long size() {
    return size;
  }

  Path blob() {
    return directory.resolve("fs/blobs/" + HandOverServer.SLOT);
  }

  Path tree() {
    return directory.resolve("fs/trees/" + HandOverServer.SLOT);
  }

  /** Starts a server that says how it got its session. */
  void start(String expected, String... arguments) throws IOException {
    var all = new String[arguments.length + 1];
    all[0] = directory.toString();
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    start(SmallJvm.command(HandOverServer.class, all), expected);
  }

  void start(List<String> command, String expected) throws IOException {
    var started =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    server = started;
    output = new BufferedReader(new InputStreamReader(started.getInputStream(), UTF_8));
    assertThat(nextWord()).isEqualTo(expected);
  }

  /** Returns the next line of the server's output that is not of its log. */
  String nextWord() throws IOException {
    String line;
    do {
      line = requireNonNull(nextLine(), "the server has ended");
    } while (!WORDS.contains(line));
    return line;
  }

  @Nullable String nextLine() throws IOException {
    return requireNonNull(output).readLine();
  }

  void write(String text) throws IOException {
    var input = requireNonNull(server).getOutputStream();
    input.write(text.getBytes(UTF_8));
    input.flush();
  }

  void kill() throws InterruptedException {
    requireNonNull(server).destroyForcibly().waitFor();
  }

  /** Has the server leave its session to the next, and waits for its end. */
  void leave(int patienceSeconds) throws IOException, InterruptedException {
    write("leave " + patienceSeconds + "\n");
    assertThat(requireNonNull(server).waitFor()).isZero();
  }

  void stop() throws IOException, InterruptedException {
    requireNonNull(server).getOutputStream().close();
    assertThat(requireNonNull(server).waitFor()).isZero();
  }

  /** Stops the server, which has to take everything with it. */
  void end() throws IOException, InterruptedException {
    stop();
    assertNothingIsLeft();
  }

  void assertNothingIsLeft() throws IOException {
    assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(directory.toString());
    assertThat(directory.resolve("keeper")).doesNotExist();
  }

  /** Reads at a random place; wrong bytes are an assertion's error. */
  void read(FileChannel channel, Random random) throws IOException {
    long offset = random.nextLong(size - 1);
    int length = (int) Math.min(1 + random.nextInt(200_000), size - offset);
    var buffer = ByteBuffer.allocate(length);
    assertThat(channel.read(buffer, offset)).isEqualTo(length);
    assertThat(buffer.array()).isEqualTo(PatternLayers.bytes(HandOverServer.SLOT, offset, length));
  }

  void readOnce(Random random) throws IOException {
    try (var channel = FileChannel.open(blob())) {
      read(channel, random);
    }
  }

  /** Ends the server and its keeper, and so every reader, and unmounts. */
  @Override
  public void close() throws IOException {
    if (server != null) {
      var _ = server.destroyForcibly().onExit().join();
    }
    if (Files.exists(directory.resolve("keeper"))) {
      new ProcessKeeper(directory, Duration.ofSeconds(1)).release();
    }
    for (String mount : List.of("erofs", "fs/trees", "fs/blobs")) {
      Path place = directory.resolve(mount);
      while (isMounted(place)) {
        Mounts.unmount(place, Mounts.MNT_DETACH);
      }
    }
  }

  private static boolean isMounted(Path place) throws IOException {
    return Files.readString(Path.of("/proc/self/mounts")).contains(" " + place + " ");
  }
}
