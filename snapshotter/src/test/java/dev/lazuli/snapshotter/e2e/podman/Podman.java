package dev.lazuli.snapshotter.e2e.podman;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.CommandResult;
import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.demo.containerd.NodePrograms;
import dev.lazuli.demo.images.HostFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Podman of a Debian suite, with images and containers of its own, that looks into a store. */
final class Podman implements AutoCloseable {
  private static final NodePrograms PROGRAMS = NodePrograms.named("trixie-podman");

  /** What Podman remembers of blobs, wherever its images are. */
  private static final Path CACHE = Path.of("/var/lib/containers/cache");

  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final Path directory;
  private final boolean hadCache = Files.exists(CACHE);

  private Podman(Path directory) {
    this.directory = directory;
  }

  /** Returns why there is no Podman here, or nothing if there is one. */
  static Optional<String> obstacle() {
    return PROGRAMS.path("podman").isPresent() && HostFiles.find("runc").isPresent()
        ? Optional.empty()
        : Optional.of("no node with Podman (./verify makes it), or no runc");
  }

  /**
   * Sets Podman up as docs/podman.md says.
   *
   * @param store the directory of the store
   * @param helper a program that gets its credentials
   */
  static Podman at(Path directory, Path store, Path helper) throws IOException {
    Files.createDirectories(directory.resolve("tmp"));
    Files.writeString(
        directory.resolve("storage.conf"),
        """
        [storage]
        driver = "overlay"
        graphroot = "%1$s/images"
        runroot = "%1$s/run"
        [storage.options]
        additionallayerstores = ["%2$s:ref"]
        """
            .formatted(directory, store));
    Files.writeString(
        directory.resolve("registries.conf"),
        "additional-layer-store-auth-helper = \"" + helper + "\"\n");
    Files.writeString(
        directory.resolve("policy.json"),
        "{\"default\": [{\"type\": \"insecureAcceptAnything\"}]}");
    Files.writeString(
        directory.resolve("containers.conf"),
        """
        [engine]
        cgroup_manager = "cgroupfs"
        conmon_path = ["%2$s"]
        events_logger = "none"
        helper_binaries_dir = ["%3$s"]
        lock_type = "file"
        runtime = "%4$s"
        static_dir = "%1$s/static"
        tmp_dir = "%1$s/tmp"
        volume_path = "%1$s/volumes"
        """
            .formatted(directory, program("conmon"), program("conmon").getParent(), runc()));
    return new Podman(directory);
  }

  /** This machine's own: crun knows only one of the two kinds of cgroups at a time. */
  private static Path runc() {
    return HostFiles.find("runc").orElseThrow();
  }

  private static Path program(String name) {
    return PROGRAMS.path(name).orElseThrow();
  }

  /** Returns a run of a command. */
  Command command(String... arguments) {
    return Command.of(program("podman").toString())
        .withEnvironment("CONTAINERS_CONF", directory.resolve("containers.conf").toString())
        .withEnvironment("CONTAINERS_STORAGE_CONF", directory.resolve("storage.conf").toString())
        .withEnvironment(
            "CONTAINERS_REGISTRIES_CONF", directory.resolve("registries.conf").toString())
        .withEnvironment("PATH", PROGRAMS.searchPath())
        .with("--log-level=info")
        .with(arguments)
        .within(LIMIT);
  }

  /** Pulls an image, with further arguments before its name. */
  CommandResult pull(String image, String... arguments) throws IOException {
    return ok(
        command("pull", "--tls-verify=false")
            .with("--signature-policy=" + directory.resolve("policy.json"))
            .with(arguments)
            .with(image));
  }

  /** Runs a shell script in a new container and returns what it prints. */
  String run(String image, String script) throws IOException {
    return ok(container(image, script)).output();
  }

  /** Returns the run of a shell script in a new container. */
  Command container(String image, String script) {
    return command("run", "--rm", "--network=host", "--security-opt=seccomp=unconfined")
        .with("--pull=never", image, "/bin/sh", "-c", script);
  }

  /** Removes an image. */
  CommandResult remove(String image) throws IOException {
    return ok(command("rmi", image));
  }

  private static CommandResult ok(Command command) throws IOException {
    var result = command.run();
    assertThat(result.exitStatus()).as(result.errors()).isZero();
    return result;
  }

  /** Unmounts what Podman mounted for itself. */
  @Override
  public void close() throws IOException {
    MountTable.unmountBelow(directory);
    if (!hadCache) {
      Command.of("rm", "--recursive", "--force", CACHE.toString()).check();
    }
  }
}
