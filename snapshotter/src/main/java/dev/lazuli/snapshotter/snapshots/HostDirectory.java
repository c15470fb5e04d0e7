package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.bridge.kernel.DirectoryEntries;
import dev.lazuli.bridge.kernel.FileMode;
import dev.lazuli.bridge.kernel.OverlayMarks;
import dev.lazuli.bridge.kernel.RawPaths;
import dev.lazuli.snapshotter.layers.DirectoryAttributes;
import dev.lazuli.snapshotter.layers.LayerEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A directory of a layer that lies unpacked on this machine. No symbolic link in it is followed:
 * every name is looked at before anything in it is.
 *
 * @param path one character for each byte
 */
record HostDirectory(String path) implements LayerEntry.Directory {
  static HostDirectory of(Path path) {
    return new HostDirectory(RawPaths.of(path));
  }

  @Override
  public DirectoryAttributes attributes() throws IOException {
    var status =
        RawPaths.status(path).orElseThrow(() -> new IOException(path + " no longer exists"));
    return new DirectoryAttributes(
        status.mode(),
        status.uid(),
        status.gid(),
        status.mtimeSeconds(),
        status.mtimeNanos(),
        RawPaths.xattrs(path));
  }

  @Override
  public boolean isOpaque() throws IOException {
    var xattrs = RawPaths.xattrs(path);
    for (var name : OverlayMarks.OPAQUE) {
      if (Arrays.equals(xattrs.get(name), new byte[] {OverlayMarks.OPAQUE_VALUE})) {
        return true;
      }
    }
    return false;
  }

  @Override
  public LayerEntry.AttributeSource source() {
    return LayerEntry.AttributeSource.ENTRY;
  }

  @Override
  public LayerEntry child(String name) throws IOException {
    var child = path + "/" + name;
    var status = RawPaths.status(child);
    if (status.isEmpty()) {
      return LayerEntry.Other.ABSENT;
    }
    return FileMode.isDirectory(status.get().mode())
        ? new HostDirectory(child)
        : LayerEntry.Other.HIDING;
  }

  @Override
  public void forEachDirectory(LayerEntry.NameVisitor visitor) throws IOException {
    for (var name : DirectoryEntries.names(path)) {
      if (child(name) instanceof LayerEntry.Directory) {
        visitor.name(name);
      }
    }
  }
}
