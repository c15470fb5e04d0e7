package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.RegistryRequest;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import dev.lazuli.testimages.waiting.Eventually;
import dev.lazuli.testimages.waiting.LiveDirectory;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A registry with an image of one layer, and daemons one after the other on one root. Everything is
 * below one directory.
 */
final class NodeBed implements AutoCloseable {
  static final int FILES = 24;
  static final int FILE_BYTES = 200_000;

  final TestRegistry registry;
  private final Path directory;
  private final Path root;
  private final LayoutLayer layer;
  private final String digests;
  private Map<String, String> environment = Map.of();
  private final List<NodeProcess> daemons = new ArrayList<>();
  private final List<Process> readers = new ArrayList<>();

  /** Serves the image from {@code directory}. */
  NodeBed(Path directory) throws IOException {
    this(directory, directory.resolve("root"));
  }

  NodeBed(Path directory, Path root) throws IOException {
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs root and /dev/fuse to mount layers");
    this.directory = directory;
    this.root = root;
    var layout = OciLayout.at(directory.resolve("layout"));
    var tree = new ImageTree();
    var lines = new TreeMap<String, String>();
    for (int i = 0; i < FILES; i++) {
      var content = new GeneratedContent(FILE_BYTES, i, GeneratedContent.NOISE);
      tree.file("f" + i, content);
      lines.put("f" + i, sha256(content) + "  f" + i + "\n");
    }
    digests = String.join("", lines.values());
    var image = new ImageBuilder(layout).encoding(LayerEncoding.ESTARGZ).layer(tree);
    var _ = image.build("1");
    layer = image.layers().getFirst();
    registry = TestRegistry.start();
    registry.serve("node", layout);
  }

  private static String sha256(GeneratedContent content) throws IOException {
    try (var in = content.open()) {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(in.readAllBytes()));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Has the daemons take this kernel for one below Linux 6.9. */
  void withoutResend() {
    environment = Map.of("JAVA_TOOL_OPTIONS", "-D" + NodeOptions.RESEND + "=false");
  }

  Path root() {
    return root;
  }

  Path state() {
    return directory.resolve("run");
  }

  Path socket() {
    return directory.resolve("s");
  }

  /** Starts a daemon and waits until it serves. */
  NodeProcess serve(String... settings) throws IOException, InterruptedException {
    return start(List.of("-", "-"), List.of(), environment, settings).awaitServing(socket());
  }

  /** Starts a daemon that comes to grief, and returns its exit code. */
  int failing(NodeState state, TestNode.Grief grief, String... settings)
      throws IOException, InterruptedException {
    return start(List.of(state.name(), grief.name()), List.of(), Map.of(), settings).awaitEnd();
  }

  /** Starts a daemon. */
  NodeProcess start(
      List<String> grief, List<String> prefix, Map<String, String> environment, String... settings)
      throws IOException {
    var all = new TreeMap<String, String>();
    all.put("root", root.toString());
    all.put("state", state().toString());
    all.put("address", socket().toString());
    all.put("log.level", "debug");
    all.put("fetch.background", "false");
    // Longer than any test: a reader waits for the next daemon and not for an end of patience.
    all.put("fetch.read_deadline", "10m");
    all.put("registry.headers_timeout", "10m");
    Arrays.stream(settings)
        .map(setting -> setting.split("=", 2))
        .forEach(pair -> all.put(pair[0], pair[1]));
    var arguments = new ArrayList<>(grief);
    all.forEach((key, value) -> arguments.add(key + "=" + value));
    var daemon = NodeProcess.start(directory.resolve("daemon.log"), prefix, environment, arguments);
    daemons.add(daemon);
    return daemon;
  }

  /** From now on the registry does not answer when it is asked for content. */
  void stallRegistry() {
    registry.faults().always(RegistryRequest.anyBlob(), new Fault.NoAnswer());
  }

  void healRegistry() {
    registry.faults().clear();
    registry.dropConnections();
  }

  /** Returns what all daemons have written. */
  String log() throws IOException {
    return daemons.getLast().log();
  }

  SnapshotCalls calls() {
    return new SnapshotCalls(socket());
  }

  /** Has the layer mounted as containerd would; returns where. */
  Path mount() throws IOException, InterruptedException {
    assertThat(prepare()).isEqualTo(Status.Code.ALREADY_EXISTS);
    return mounted();
  }

  /** Asks for the layer; "already exists" means that it is mounted. */
  Status.Code prepare() throws IOException, InterruptedException {
    return calls().prepareLayer(layer.diffId(), registry.host() + "/node:1", layer.descriptor());
  }

  Status.Code removeLayer() throws IOException, InterruptedException {
    return calls().remove(layer.diffId());
  }

  /** Returns the files that layers have on disk. */
  List<Path> layerFiles() throws IOException {
    return LiveDirectory.files(root.resolve("layers"));
  }

  /** Has the layer shown as a view, by whatever way it is mounted; returns where. */
  Path mountView() throws IOException, InterruptedException, StatusException {
    assertThat(prepare()).isEqualTo(Status.Code.ALREADY_EXISTS);
    return calls().view("view", layer.diffId());
  }

  /** Removes what {@link #mountView} made, and so the layer's files. */
  void removeView() throws IOException, InterruptedException {
    assertThat(calls().remove("view")).isEqualTo(Status.Code.OK);
    assertThat(removeLayer()).isEqualTo(Status.Code.OK);
    // The daemon may be busy restoring it.
    Eventually.until(() -> layerFiles().isEmpty());
  }

  /** Returns where the layer is mounted, the newest mount first. */
  Path mounted() throws IOException {
    return mounts().stream()
        .filter(mount -> mount.startsWith(root.resolve("mounts")))
        .toList()
        .getLast();
  }

  /** Returns all that daemons have mounted. */
  List<Path> mounts() throws IOException {
    return MountTable.below(directory).stream().filter(mount -> !mount.equals(disk())).toList();
  }

  /** Where a test may have a file system of its own. */
  Path disk() {
    return directory.resolve("disk");
  }

  /** Starts a process that reads every file at {@code mount}. */
  Process read(Path mount) throws IOException {
    var process =
        new ProcessBuilder("/bin/sh", "-c", "LC_ALL=C; export LC_ALL; exec sha256sum f*")
            .directory(mount.toFile())
            .redirectErrorStream(true)
            .redirectOutput(readersOutput(readers.size()).toFile())
            .start();
    readers.add(process);
    return process;
  }

  private Path readersOutput(int number) {
    return directory.resolve("read-" + number);
  }

  /** Waits until readers have ended, and requires that each has read the right bytes. */
  void requireRightBytes() throws IOException, InterruptedException {
    assertThat(readers).isNotEmpty();
    for (int i = 0; i < readers.size(); i++) {
      var code = readers.get(i).waitFor();
      assertThat(Files.readString(readersOutput(i))).isEqualTo(digests);
      assertThat(code).isZero();
    }
  }

  /** Waits until readers have ended, and requires that none has read a wrong byte. */
  void requireNoWrongByte() throws IOException, InterruptedException {
    assertThat(readers).isNotEmpty();
    for (int i = 0; i < readers.size(); i++) {
      var _ = readers.get(i).waitFor();
      assertThat(Files.readAllLines(readersOutput(i)))
          .hasSize(FILES)
          .allMatch(line -> line.startsWith("sha256sum: ") || digests.contains(line + "\n"));
    }
  }

  /** Looks at readers no more that have ended. */
  void forgetReaders() {
    readers.clear();
  }

  /** Requires that nobody has got an answer yet, and that all is mounted. */
  void requireReadersWait() throws IOException {
    assertThat(readers).allSatisfy(reader -> assertThat(reader.isAlive()).isTrue());
    assertThat(mounts()).hasSizeGreaterThanOrEqualTo(3);
    assertThat(state().resolve("keeper")).exists();
  }

  /** Ends the last daemon by SIGINT; nothing may be left. */
  void endAndRequireNothingLeft() throws IOException, InterruptedException {
    assertThat(daemons.getLast().end("INT")).isZero();
    assertThat(mounts()).isEmpty();
    assertThat(state().resolve("keeper")).doesNotExist();
  }

  @Override
  public void close() throws IOException {
    for (var daemon : daemons) {
      if (daemon.isAlive()) {
        daemon.send("KILL");
      }
    }
    killKeeper();
    MountTable.unmountBelow(directory);
    for (var reader : readers) {
      reader.destroyForcibly();
    }
    registry.close();
  }

  private void killKeeper() throws IOException {
    var record = state().resolve("keeper");
    if (Files.exists(record)) {
      long pid = Long.parseLong(Files.readString(record).split(" ", 2)[0]);
      ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }
  }
}
