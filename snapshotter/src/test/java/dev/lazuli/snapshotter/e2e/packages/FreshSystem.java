package dev.lazuli.snapshotter.e2e.packages;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.CommandResult;
import dev.lazuli.demo.containerd.Daemon;
import dev.lazuli.demo.containerd.NodePrograms;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A Debian as just installed, with its containerd, booted with its own systemd ({@code
 * .ci/fresh/boot}). It has this machine's network, but its package manager gets nothing from there.
 */
final class FreshSystem implements AutoCloseable {
  private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();
  private static final Duration LONG = Duration.ofMinutes(10);

  private final Path root;
  private final Path log;
  private @Nullable Daemon running;

  private FreshSystem(Path root, Path log) {
    this.root = root;
    this.log = log;
  }

  /** Copies the system of a suite into a directory; it is not booted. */
  static FreshSystem copy(String suite, Path directory) throws IOException {
    var original = NodePrograms.named(suite + "-fresh").directory().orElseThrow();
    assumeTrue(
        Files.isDirectory(original), () -> "no " + original + " (./verify --nodes makes it)");
    var root = directory.resolve(suite);
    Command.of("cp", "--archive", original.toString(), root.toString()).within(LONG).check();
    Files.writeString(
        root.resolve("etc/apt/apt.conf.d/99test"),
        """
        APT::Get::Assume-Yes "true"; // Nobody is there to be asked,
        Acquire::http::Proxy "http://127.0.0.1:9"; // and nothing is to come from the network.
        """);
    Files.writeString(
        root.resolve("usr/local/bin/ctr"),
        """
        #!/bin/sh
        # This machine's processors may be shared out by control groups of version 1, which no new systemd takes.
        [ "$1" != run ] || { shift; set -- run --cpu-shares 0 "$@"; }
        exec /usr/bin/ctr "$@"
        """);
    Files.setPosixFilePermissions(
        root.resolve("usr/local/bin/ctr"), PosixFilePermissions.fromString("rwxr-xr-x"));
    return new FreshSystem(root, directory.resolve(suite + ".log"));
  }

  /** Where its files are for us. */
  Path root() {
    return root;
  }

  /** Boots it, until its services have been started. */
  void boot() throws IOException {
    var boot = CHECKOUT.resolve(".ci/fresh/boot").toString();
    running = Daemon.start(log, boot, root.toString());
    running.awaitReady(
        LONG, () -> run("systemctl is-active --quiet multi-user.target").exitStatus() == 0);
  }

  /** Runs a script as root, successful or not. */
  CommandResult run(String script) throws IOException {
    Files.writeString(root.resolve("try"), script);
    return Command.of(CHECKOUT.resolve(".ci/fresh/in").toString(), root.toString(), "/try")
        .within(LONG)
        .run();
  }

  /** Runs a script as root, which must be successful; returns what it printed. */
  String check(String script) throws IOException {
    var result = run(script);
    if (result.exitStatus() != 0) {
      var journal =
          run("journalctl --no-pager --lines 100 --unit lazuli --unit containerd || true");
      throw new IOException(
          "%s: %s%s%n%s".formatted(script, result.output(), result.errors(), journal.output()));
    }
    return result.output();
  }

  /** Takes its power away: whatever runs ends at once. */
  void cutPower() {
    if (running != null) {
      running.close();
      running = null;
    }
  }

  /** Shuts it down, as an operator does. */
  void shutDown() throws IOException {
    var system = running;
    if (system == null) {
      return;
    }
    run("systemctl poweroff");
    Eventually.until(LONG, () -> !system.isAlive());
    cutPower();
  }

  @Override
  public void close() throws IOException {
    cutPower();
    Command.of("rm", "--recursive", "--force", "--one-file-system", root.toString())
        .within(LONG)
        .check();
  }
}
