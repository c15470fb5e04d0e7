package dev.lazuli.testimages.images;

import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.TreeEntry;
import dev.lazuli.demo.images.TreeEntry.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarFile;

/**
 * The files of several packages as one tree with a merged {@code /usr}, without documentation. Hard
 * links come last, because their targets must come before them.
 */
final class PackageContent {
  /** The directories whose content lies below {@code /usr}. */
  static final List<String> MERGED = List.of("bin", "lib", "lib64", "sbin");

  private static final List<String> LEFT_OUT =
      List.of("usr/share/doc", "usr/share/man", "usr/share/lintian");

  private final Map<String, TreeEntry> entries = new TreeMap<>();
  private final Map<String, TreeEntry> hardLinks = new TreeMap<>();

  /** Adds the files of one package, whose tar stays in place as long as the tree is used. */
  void add(Path tar) throws IOException {
    try (var file = new TarFile(tar)) {
      for (var entry : file.getEntries()) {
        var path = place(entry.getName());
        if (!path.isEmpty() && LEFT_OUT.stream().noneMatch(path::startsWith)) {
          node(tar, entry).ifPresent(node -> add(path, node, entry));
        }
      }
    }
  }

  private void add(String path, Node node, TarArchiveEntry entry) {
    var made =
        new TreeEntry(
            path,
            node,
            entry.getMode() & 07777,
            (int) entry.getLongUserId(),
            (int) entry.getLongGroupId(),
            entry.getLastModifiedTime().toInstant(),
            Map.of());
    if (node instanceof Node.HardLink) {
      hardLinks.put(path, made);
    } else if (!MERGED.contains(path)) {
      entries.put(path, made);
    }
  }

  ImageTree tree() {
    return new ImageTree().addAll(entries.values()).addAll(hardLinks.values());
  }

  private static Optional<Node> node(Path tar, TarArchiveEntry entry) {
    if (entry.isDirectory()) {
      return Optional.of(new Node.Directory());
    }
    if (entry.isSymbolicLink()) {
      return Optional.of(new Node.Symlink(entry.getLinkName()));
    }
    if (entry.isLink()) {
      return Optional.of(new Node.HardLink(place(entry.getLinkName())));
    }
    return entry.isFile()
        ? Optional.of(
            new Node.RegularFile(new FileSlice(tar, entry.getDataOffset(), entry.getSize())))
        : Optional.empty();
  }

  private static String place(String name) {
    var path = name.startsWith("./") ? name.substring(2) : name;
    path = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    var first = path.indexOf('/') < 0 ? path : path.substring(0, path.indexOf('/'));
    return MERGED.contains(first) ? "usr/" + path : path;
  }
}
