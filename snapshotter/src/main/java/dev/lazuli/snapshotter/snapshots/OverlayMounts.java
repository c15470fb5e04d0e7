package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.snapshotter.api.types.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How containerd is to mount a snapshot: a bind mount if it is one unpacked directory, otherwise
 * overlayfs.
 */
final class OverlayMounts {
  private static final Path INDEX_PARAMETER = Path.of("/sys/module/overlay/parameters/index");
  private static final Path UID_MAP = Path.of("/proc/self/uid_map");
  // The mapping of the initial user namespace: everything to itself.
  private static final String IDENTITY = "0 0 4294967295";

  private final List<String> extraOptions;

  private OverlayMounts(List<String> extraOptions) {
    this.extraOptions = extraOptions;
  }

  /** Returns mounts with the options that this kernel and user namespace need. */
  static OverlayMounts detect() throws IOException {
    var options = new ArrayList<String>();
    // Lower directories change place over a snapshot's life, which an inode index would take for a
    // stale handle.
    if (Files.exists(INDEX_PARAMETER) && Files.readString(INDEX_PARAMETER).strip().equals("Y")) {
      options.add("index=off");
    }
    // trusted.* attributes belong to the initial user namespace.
    if (!Files.readString(UID_MAP).strip().replaceAll("\\s+", " ").equals(IDENTITY)) {
      options.add("userxattr");
    }
    return new OverlayMounts(options);
  }

  static OverlayMounts withOptions(List<String> extraOptions) {
    return new OverlayMounts(List.copyOf(extraOptions));
  }

  /**
   * Returns the one mount for a snapshot.
   *
   * @param own the snapshot's directory
   */
  Mount mount(SnapshotKind kind, SnapshotDirectory own, Lower lower) {
    boolean writable = kind == SnapshotKind.ACTIVE;
    var paths = lower.paths();
    if (paths.isEmpty()) {
      return bind(own.content(), writable ? "rw" : "ro");
    }
    if (writable || paths.size() > 1) {
      return overlay(writable, own, paths);
    }
    // A mounted layer may have whiteouts, which only overlayfs hides. Overlayfs needs two
    // directories for that.
    return lower.isMounted()
        ? overlay(false, own, List.of(paths.getFirst(), own.content()))
        : bind(paths.getFirst(), "ro");
  }

  /**
   * Returns the mount by which a layer is unpacked that may get a parent later. In a bind mount
   * containerd would take its whiteouts for files to delete at once, and what they hide in the
   * layers below would be seen.
   *
   * @param own the snapshot's directory
   */
  Mount mountToUnpack(SnapshotDirectory own) {
    // A daemon before this one has made none.
    return Files.isDirectory(own.nothing())
        ? overlay(true, own, List.of(own.nothing()))
        : bind(own.content(), "rw");
  }

  private Mount overlay(boolean writable, SnapshotDirectory own, List<Path> lower) {
    var mount = Mount.newBuilder().setType("overlay").setSource("overlay");
    if (writable) {
      mount.addOptions("workdir=" + own.work()).addOptions("upperdir=" + own.content());
    }
    var layers = lower.stream().map(Path::toString).collect(Collectors.joining(":"));
    return mount.addOptions("lowerdir=" + layers).addAllOptions(extraOptions).build();
  }

  private static Mount bind(Path source, String access) {
    return Mount.newBuilder()
        .setType("bind")
        .setSource(source.toString())
        .addOptions(access)
        .addOptions("rbind")
        .build();
  }
}
