package dev.lazuli.testimages.roots;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.demo.images.HostFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A Debian or Ubuntu as its own tools make it: debootstrap's smallest variant of this machine's
 * release, and packages installed on top of it with their maintainer scripts, each set in an
 * overlay of its own. Needs root, debootstrap, and apt's lists. Not thread-safe.
 */
public final class DebianRoot {
  private static final Duration LIMIT = Duration.ofMinutes(20);

  /** What no image has: downloaded packages and lists. */
  private static final List<String> CACHES = List.of("var/cache/apt/archives", "var/lib/apt/lists");

  private final Path root;

  private DebianRoot(Path root) {
    this.root = root;
  }

  /** Returns why no root can be made here, or nothing if one can. */
  public static Optional<String> obstacle() {
    if (!"root".equals(System.getProperty("user.name"))) {
      return Optional.of("only root can make a root file system");
    }
    return Stream.of("debootstrap", "apt-get", "getfattr", "unshare", "chroot", "mount")
        .filter(program -> HostFiles.find(program).isEmpty())
        .findFirst()
        .map(program -> program + " is not installed");
  }

  /**
   * Makes the base in {@code directory}, in place of whatever is there.
   *
   * @throws IOException if debootstrap fails; the message is its own
   */
  public static DebianRoot bootstrap(Path directory) throws IOException {
    remove(directory);
    var words =
        new ArrayList<>(
            List.of("debootstrap", "--variant=minbase", release(), directory.toString()));
    mirror().ifPresent(words::add);
    Command.of(words.toArray(String[]::new)).within(LIMIT).check();
    var made = new DebianRoot(directory);
    made.removeCaches(directory);
    return made;
  }

  /** Returns a base that was made before. */
  public static DebianRoot at(Path directory) {
    return new DebianRoot(directory);
  }

  /** Returns the directory of the base. */
  public Path directory() {
    return root;
  }

  /** Returns the version of a package that would be installed, such as {@code 3.11.2-1+b1}. */
  public static String candidate(String name) throws IOException {
    return Command.of("apt-cache", "policy", name)
        .withEnvironment("LC_ALL", "C")
        .check()
        .output()
        .lines()
        .filter(line -> line.startsWith("  Candidate: "))
        .map(line -> line.substring("  Candidate: ".length()))
        .findFirst()
        .orElseThrow(() -> new IOException("apt knows no package " + name));
  }

  /**
   * Installs packages on top of the base and runs shell commands there, with {@code scratch} at
   * {@code /mnt}. The base itself does not change.
   *
   * @param upper gets what changed, in place of whatever is there
   * @param scratch a directory for downloads; packages that it already has are not downloaded
   *     again, and others that it has are installed as well
   */
  public void install(Path upper, Path scratch, List<String> packages, List<String> commands)
      throws IOException {
    var archives = download(scratch, packages);
    var place = upper.resolveSibling(upper.getFileName() + ".mounts");
    remove(upper);
    remove(place);
    var merged = place.resolve("merged");
    var work = Files.createDirectories(place.resolve("work"));
    Files.createDirectories(upper);
    Files.createDirectories(merged);
    try {
      // Renamed directories and partly copied files would mean something to overlayfs alone.
      mount(
          "-t",
          "overlay",
          "-o",
          "lowerdir=%s,upperdir=%s,workdir=%s,redirect_dir=off,metacopy=off,index=off"
              .formatted(root, upper, work),
          "overlay",
          merged.toString());
      mount("--bind", "/dev", merged.resolve("dev").toString());
      mount("--bind", scratch.toString(), merged.resolve("mnt").toString());
      var policy = merged.resolve("usr/sbin/policy-rc.d");
      Files.writeString(policy, "#!/bin/sh\nexit 101\n");
      Files.setPosixFilePermissions(policy, PosixFilePermissions.fromString("rwxr-xr-x"));
      inside(merged, aptWords(archives));
      for (var command : commands) {
        inside(merged, List.of("sh", "-ec", command));
      }
      Files.delete(policy);
      removeCaches(merged);
    } finally {
      MountTable.unmountBelow(place);
      remove(place);
    }
  }

  private static List<String> aptWords(List<Path> archives) {
    var words = new ArrayList<>(List.of("apt-get", "--yes", "--no-install-recommends"));
    words.addAll(List.of("-o", "APT::Sandbox::User=root", "install"));
    archives.forEach(archive -> words.add("/mnt/debs/" + archive.getFileName()));
    return words;
  }

  /** Apt of this machine decides and downloads, as if it stood in the base. */
  private List<Path> download(Path scratch, List<String> packages) throws IOException {
    var debs = scratch.resolve("debs");
    Files.createDirectories(debs.resolve("partial"));
    var words =
        new ArrayList<>(
            List.of(
                "apt-get",
                "--yes",
                "--no-install-recommends",
                "--download-only",
                "-o",
                "APT::Sandbox::User=root",
                "-o",
                "Dir::State::status=" + root.resolve("var/lib/dpkg/status"),
                "-o",
                "Dir::Cache::archives=" + debs,
                "install"));
    words.addAll(packages);
    Command.of(words.toArray(String[]::new)).within(LIMIT).check();
    try (var files = Files.list(debs)) {
      return files.filter(file -> file.toString().endsWith(".deb")).sorted().toList();
    }
  }

  /** Runs a command in the root, in a process namespace of its own: no daemon outlives it. */
  private static void inside(Path merged, List<String> words) throws IOException {
    var all =
        new ArrayList<>(
            List.of(
                "unshare",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc=" + merged.resolve("proc"),
                "chroot",
                merged.toString(),
                "env",
                "-i"));
    Map.of(
            "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME", "/root",
            "LC_ALL", "C.UTF-8",
            "DEBIAN_FRONTEND", "noninteractive")
        .forEach((name, value) -> all.add(name + "=" + value));
    all.addAll(words);
    Command.of(all.toArray(String[]::new)).within(LIMIT).check();
  }

  private static void mount(String... arguments) throws IOException {
    Command.of("mount").with(arguments).check();
  }

  private void removeCaches(Path directory) throws IOException {
    for (var cache : CACHES) {
      Command.of("find", directory.resolve(cache).toString(), "-type", "f", "-delete").check();
    }
  }

  private static void remove(Path directory) throws IOException {
    Command.of("rm", "-rf", "--one-file-system", directory.toString()).within(LIMIT).check();
  }

  private static String release() throws IOException {
    return Files.readAllLines(Path.of("/etc/os-release")).stream()
        .filter(line -> line.startsWith("VERSION_CODENAME="))
        .map(line -> line.substring("VERSION_CODENAME=".length()).replace("\"", ""))
        .findFirst()
        .orElseThrow(() -> new IOException("/etc/os-release names no release"))
        .toLowerCase(Locale.ROOT);
  }

  /** Returns where this machine's own packages come from; debootstrap's default if unknown. */
  private static Optional<String> mirror() throws IOException {
    var release = release();
    return Command.of("apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)")
        .check()
        .output()
        .lines()
        .filter(line -> line.startsWith(release + " "))
        .map(line -> line.substring(release.length() + 1))
        .findFirst();
  }
}
