package dev.lazuli.snapshotter.e2e;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.waiting.Eventually;
import dev.lazuli.testimages.waiting.LiveDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The node under test: a bed's containerd and our daemon beside it, with the questions that tests
 * ask of both. Used by one thread, but for the commands it makes.
 */
public final class Node {
  public static final Duration LONG = Duration.ofMinutes(3);
  private static final String LAZULI = "lazuli";
  private static final String LAST_WORD = "--end--";
  private static final int ATTEMPTS = 3;

  /** Whether something is so by now. */
  public interface Condition {
    boolean holds() throws IOException;
  }

  private final ContainerdExtension bed;
  private final boolean kept;
  private DaemonProcess daemon;
  private List<String> settings;

  private Node(ContainerdExtension bed, boolean kept, String... settings) throws IOException {
    this.bed = bed;
    this.kept = kept;
    this.daemon = launch(settings);
    this.settings = List.of(settings);
  }

  /** Starts the daemon; when this returns, containerd reaches it. */
  public static Node start(ContainerdExtension bed, String... settings) throws IOException {
    return start(bed, false, settings);
  }

  /** Starts the daemon with a keeper, so that readers survive it. */
  public static Node startKept(ContainerdExtension bed, String... settings) throws IOException {
    return start(bed, true, settings);
  }

  private static Node start(ContainerdExtension bed, boolean kept, String... settings)
      throws IOException {
    var node = new Node(bed, kept, settings);
    node.daemon.awaitKnownTo(bed.containerd());
    return node;
  }

  private DaemonProcess launch(String... newSettings) throws IOException {
    var directory = bed.directory().resolve("d");
    return bed.closeAtEnd(
        kept
            ? DaemonProcess.startKept(directory, bed.snapshotterSocket(), newSettings)
            : DaemonProcess.start(directory, bed.snapshotterSocket(), newSettings));
  }

  /** Starts another daemon after the last one has ended. */
  public void startDaemon(String... newSettings) throws IOException {
    daemon = launch(newSettings);
    settings = List.of(newSettings);
    daemon.awaitKnownTo(bed.containerd());
  }

  /** Ends the daemon in an orderly way and starts the next. */
  public void restartDaemon(String... newSettings) throws IOException {
    daemon.close();
    startDaemon(newSettings);
  }

  public boolean runsWith(String... wanted) {
    return settings.equals(List.of(wanted));
  }

  public DaemonProcess daemon() {
    return daemon;
  }

  public String ctr(String... arguments) throws IOException {
    return bed.containerd().ctr(arguments).within(LONG).check().output();
  }

  /** Returns a pull by our own client. */
  public Command rpull(String reference) {
    return DaemonProcess.lazuli("rpull", "--plain-http", "--snapshotter", LAZULI)
        .with("--containerd", bed.containerd().socket().toString(), reference)
        .within(LONG);
  }

  /** Returns a pull by the real {@code ctr-remote}. */
  public Command ctrRemotePull(String reference) {
    return bed.containerd()
        .ctrRemote("image", "rpull", "--plain-http", "--snapshotter", LAZULI, reference)
        .within(LONG);
  }

  /** Returns a run of a new container to its end, which removes it. */
  public Command container(String reference, String id, String... command) {
    return bed.containerd()
        .ctr("run", "--rm", "--snapshotter", LAZULI, reference, id)
        .with(command)
        .within(LONG);
  }

  /**
   * Returns what a shell script in a new container prints. On a busy machine {@code ctr} now and
   * then loses the last words of a container. If the one that we add is missing, another container
   * runs the script.
   */
  public String shell(String reference, String id, String script) throws IOException {
    var ended = "(%n%s%n); status=$?; echo %s; exit $status".formatted(script, LAST_WORD);
    String said = "";
    for (int attempt = 0; attempt < ATTEMPTS && !said.endsWith(LAST_WORD); attempt++) {
      var name = attempt == 0 ? id : id + "-again-" + attempt;
      said = container(reference, name, "/bin/sh", "-c", ended).check().output().strip();
    }
    if (!said.endsWith(LAST_WORD)) {
      throw new IOException("the script has not come to its end: " + said);
    }
    return said.substring(0, said.length() - LAST_WORD.length()).strip();
  }

  /** Removes an image's name; what nobody else needs goes before this returns. */
  public void removeImage(String reference) throws IOException {
    ctr("image", "rm", "--sync", reference);
  }

  /** Removes all images of a namespace. */
  public void removeAllImages(String... namespace) throws IOException {
    var images = bed.containerd().ctr(namespace).with("image");
    for (var reference : images.with("ls", "--quiet").check().output().lines().toList()) {
      images.with("rm", "--sync", reference).within(LONG).check();
    }
  }

  /** Returns where layers are mounted now. */
  public List<Path> mountedLayers() throws IOException {
    return MountTable.below(daemon.root().resolve("mounts"));
  }

  /** Returns a file of a mounted layer, whichever has it. */
  public Path mountedFile(String name) throws IOException {
    return mountedLayers().stream()
        .map(layer -> layer.resolve(name))
        .filter(Files::exists)
        .findFirst()
        .orElseThrow();
  }

  /** Returns how many layers new containers read without the daemon. */
  public long localLayers() throws IOException {
    return mountedLayers().stream().filter(path -> path.toString().endsWith(".local")).count();
  }

  /** Returns the bytes that layers take on disk. */
  public long bytesOnDisk() throws IOException {
    return LiveDirectory.diskBytes(daemon.root().resolve("layers"));
  }

  /** Waits for what other processes do in their own time. */
  public void await(String what, Condition condition) throws IOException {
    Eventually.until(LONG, condition::holds, () -> what + "; the daemon says: " + daemon.log());
  }

  /** Waits until no mount, directory or byte of any image is left. */
  public void awaitNothingLeft() throws IOException {
    await("nothing is left", () -> leftovers().isEmpty());
  }

  private List<Path> leftovers() throws IOException {
    var mounts = mountedLayers();
    if (!mounts.isEmpty()) {
      return mounts;
    }
    var left = new ArrayList<>(LiveDirectory.files(daemon.root().resolve("layers")));
    try (var snapshots = Files.list(daemon.root().resolve("snapshots"))) {
      left.addAll(snapshots.toList());
    }
    return left;
  }

  /** Returns how often the daemon has logged a line with this text. */
  public long logged(String text) throws IOException {
    return daemon.log().lines().filter(line -> line.contains(text)).count();
  }
}
