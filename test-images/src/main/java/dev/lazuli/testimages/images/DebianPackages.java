package dev.lazuli.testimages.images;

import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Layers from the packages of this Debian or Ubuntu, as its own mirrors have them: downloaded,
 * never installed, and no maintainer script runs. What was downloaded stays in the cache directory.
 * Not thread-safe.
 */
public final class DebianPackages {
  private final Path cache;
  private final Apt apt;

  /** Keeps packages in {@code cache}, which is created if it is not there. */
  public DebianPackages(Path cache) throws IOException {
    this.cache = Files.createDirectories(cache.toAbsolutePath());
    this.apt = new Apt(this.cache);
  }

  /** Returns why no package can be had here, or nothing if they can. */
  public static Optional<String> obstacle() throws IOException {
    var missing =
        Stream.of("apt-get", "apt-cache", "dpkg-deb")
            .filter(program -> HostFiles.find(program).isEmpty())
            .findFirst();
    if (missing.isPresent()) {
      return missing.map(program -> "no " + program + ": not Debian or Ubuntu");
    }
    return Apt.candidates(Set.of("libc6")).isEmpty()
        ? Optional.of("apt knows no packages: apt-get update has not been run")
        : Optional.empty();
  }

  /**
   * Returns one layer for each list of packages, bottom first. A layer holds its packages and what
   * they depend on, without what the layers below hold; the bottom one also has the directories and
   * links of a merged {@code /usr} and an {@code /etc/passwd}.
   *
   * @throws IOException if a package is not known or cannot be downloaded
   */
  @SafeVarargs
  public final List<ImageTree> layers(List<String>... packages) throws IOException {
    Set<String> below = new HashSet<>();
    List<ImageTree> layers = new ArrayList<>();
    for (var wanted : packages) {
      var names = new ArrayList<>(apt.closure(wanted));
      names.removeAll(below);
      below.addAll(names);
      var tree = layers.isEmpty() ? base() : new ImageTree();
      layers.add(tree.addAll(content(names)));
    }
    return layers;
  }

  private ImageTree content(Collection<String> names) throws IOException {
    var content = new PackageContent();
    for (var archive : apt.download(names)) {
      content.add(apt.unpack(archive));
    }
    return content.tree();
  }

  /** Returns the skeleton that {@code base-files} and its scripts would make. */
  private static ImageTree base() {
    var tree = new ImageTree();
    Arrays.asList("dev", "etc", "proc", "root", "run", "sys", "usr", "var")
        .forEach(tree::directory);
    tree.directory("tmp").mode(01777);
    PackageContent.MERGED.forEach(name -> tree.symlink(name, "usr/" + name));
    PackageContent.MERGED.forEach(name -> tree.directory("usr/" + name));
    return tree.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
        .file("etc/group", "root:x:0:\n")
        .file("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");
  }
}
