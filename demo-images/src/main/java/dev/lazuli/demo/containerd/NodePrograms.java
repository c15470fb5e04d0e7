package dev.lazuli.demo.containerd;

import dev.lazuli.demo.images.HostFiles;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The programs of a node: containerd, its shim, {@code ctr} and runc. They are this machine's own,
 * or those of a directory that {@code .ci/nodes.sh} has made from another suite's packages; such
 * programs bring their C library and run on this machine's kernel. Immutable.
 *
 * @param name {@code host} or a suite's name, such as {@code trixie}
 * @param directory that holds {@code bin} and {@code root}; empty for this machine's own
 */
public record NodePrograms(String name, Optional<Path> directory) {
  /** The system property that names the node of all tests that do not choose one themselves. */
  public static final String PROPERTY = "lazuli.node";

  private static final String HOST = "host";
  private static final Pattern VERSION = Pattern.compile(" v?(\\d+)\\.(\\d+)[.~+-]");

  /** Returns this machine's own programs. */
  public static NodePrograms ofHost() {
    return new NodePrograms(HOST, Optional.empty());
  }

  /** Returns what the system property names; without it, this machine's own programs. */
  public static NodePrograms chosen() {
    return named(System.getProperty(PROPERTY, HOST));
  }

  /** Returns the programs of a node by its name, whether or not they are there. */
  public static NodePrograms named(String name) {
    return name.equals(HOST)
        ? ofHost()
        : new NodePrograms(name, Optional.of(nodes().resolve(name)));
  }

  /** As {@code .ci/nodes.sh} has it. */
  private static Path nodes() {
    var environment = System.getenv();
    var given = environment.get("LAZULI_NODES");
    if (given != null) {
      return Path.of(given);
    }
    var home = environment.getOrDefault("HOME", "/root");
    var cache = environment.getOrDefault("XDG_CACHE_HOME", home + "/.cache");
    return Path.of(cache, "lazuli", "nodes");
  }

  /** Returns why these programs cannot be run, or nothing if they can. */
  public Optional<String> obstacle() {
    for (var program : List.of("containerd", "ctr", "runc")) {
      if (path(program).isEmpty()) {
        return Optional.of(
            directory
                .map(at -> "no node of " + name + " in " + at + " (./verify makes it)")
                .orElse(program + " is not installed"));
      }
    }
    return Optional.empty();
  }

  /** Returns one of the programs, if it is there. */
  public Optional<Path> path(String program) {
    return directory
        .map(at -> Optional.of(at.resolve("bin").resolve(program)).filter(Files::isExecutable))
        .orElseGet(() -> HostFiles.find(program));
  }

  /** Returns a run of one of the programs, which finds the others first. */
  Command command(String program) {
    return Command.of(path(program).map(Path::toString).orElse(program))
        .withEnvironment("PATH", searchPath());
  }

  /** Returns a PATH by which these programs are found before all others. */
  public String searchPath() {
    var inherited = System.getenv().getOrDefault("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    return directory
        .map(at -> at.resolve("bin") + File.pathSeparator + inherited)
        .orElse(inherited);
  }

  /** Returns the configuration file that the distribution ships with containerd. */
  public Path stockConfiguration() {
    return directory
        .map(at -> at.resolve("root"))
        .orElse(Path.of("/"))
        .resolve("etc/containerd/config.toml");
  }

  /**
   * Returns what containerd's configuration looks like after its defaults and a file.
   *
   * @throws IOException if containerd refuses the file
   */
  public String effectiveConfiguration(Path file) throws IOException {
    return command("containerd")
        .with("--config", file.toString(), "config", "dump")
        .check()
        .output();
  }

  /** Returns containerd's version up to the second number, for example {@code 1.7}. */
  public String version() throws IOException {
    var said = command("containerd").with("--version").check().output();
    var matcher = VERSION.matcher(said);
    if (!matcher.find()) {
      throw new IOException("no version in: " + said.strip());
    }
    return matcher.group(1) + "." + matcher.group(2);
  }

  /** Returns if containerd is of the second major version or newer. */
  public boolean isSecond() throws IOException {
    return !version().startsWith("1.");
  }

  @Override
  public String toString() {
    return name;
  }
}
