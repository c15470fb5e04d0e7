package dev.lazuli.estargz.build;

import dev.lazuli.estargz.tar.EntryType;
import dev.lazuli.estargz.tar.TarEntry;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The entries to put first: each prioritised file, before it the directories above it, and before a
 * hard link the file that it links to. Keeps only the names that matter, so the tar is scanned
 * again whenever a hard link makes another name matter.
 */
final class Priorities {
  private final SpooledTar tar;
  private final Map<String, @Nullable Found> wanted = new HashMap<>();
  private final LinkedHashMap<String, Long> order = new LinkedHashMap<>();
  private final Set<String> visiting = new HashSet<>();

  private record Found(long offset, EntryType type, String link) {}

  private Priorities(SpooledTar tar) {
    this.tar = tar;
  }

  /** Returns the paths to put first, in order, with where their entries lie in the tar. */
  static Map<String, Long> order(SpooledTar tar, BuildOptions options) throws IOException {
    var priorities = new Priorities(tar);
    for (var path : options.prioritized()) {
      priorities.want(TarEntry.cleaned(path));
    }
    priorities.scan();
    for (var path : options.prioritized()) {
      var clean = TarEntry.cleaned(path);
      if (priorities.wanted.get(clean) == null && !options.missingAllowed()) {
        throw new FileNotFoundException("prioritised file is not in the layer: " + path);
      }
      priorities.put(clean);
    }
    return priorities.order;
  }

  /** Wants a path and the directories above it; returns if one of them is new. */
  private boolean want(String path) {
    var before = wanted.size();
    for (int slash = path.length(); slash >= 0; slash = path.lastIndexOf('/', slash - 1)) {
      wanted.putIfAbsent(path.substring(0, slash), null);
      if (slash == 0) {
        break;
      }
    }
    wanted.putIfAbsent("", null);
    return wanted.size() > before;
  }

  private void scan() throws IOException {
    var again = true;
    while (again) {
      again = false;
      var reader = tar.from(0);
      for (TarEntry entry; (entry = reader.next()) != null; reader.skipContent()) {
        var path = entry.path();
        if (!path.isEmpty() && wanted.containsKey(path)) { // unpacking skips the root
          var link = TarEntry.cleaned(entry.linkName());
          wanted.put(path, new Found(reader.entryOffset(), entry.type(), link));
          again |= entry.type() == EntryType.HARDLINK && want(link);
        }
      }
    }
  }

  private void put(String path) {
    var found = wanted.get(path);
    if (order.containsKey(path) || !visiting.add(path)) {
      return;
    }
    if (!path.isEmpty()) {
      put(path.substring(0, Math.max(0, path.lastIndexOf('/'))));
    }
    if (found != null) {
      if (found.type() == EntryType.HARDLINK) {
        put(found.link());
      }
      order.put(path, found.offset());
    }
  }
}
