package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.snapshotter.layers.DirectoryAttributes;
import dev.lazuli.snapshotter.layers.LayerEntry;
import java.io.IOException;
import java.util.SortedMap;
import java.util.TreeMap;

/** A directory of a layer, in memory. */
final class FakeDirectory implements LayerEntry.Directory {
  private final SortedMap<String, LayerEntry> children = new TreeMap<>();
  private DirectoryAttributes attributes = attributes(0755, 0);
  private LayerEntry.AttributeSource source = LayerEntry.AttributeSource.ENTRY;
  private boolean opaque;

  static DirectoryAttributes attributes(int permissions, int owner) {
    return new DirectoryAttributes(permissions, owner, owner, 0, 0, new TreeMap<>());
  }

  FakeDirectory with(DirectoryAttributes own) {
    attributes = own;
    return this;
  }

  FakeDirectory from(LayerEntry.AttributeSource own) {
    source = own;
    return this;
  }

  FakeDirectory opaque() {
    opaque = true;
    return this;
  }

  /** Adds a name to this directory. */
  FakeDirectory add(String name, LayerEntry entry) {
    children.put(name, entry);
    return this;
  }

  @Override
  public DirectoryAttributes attributes() {
    return attributes;
  }

  @Override
  public boolean isOpaque() {
    return opaque;
  }

  @Override
  public LayerEntry.AttributeSource source() {
    return source;
  }

  @Override
  public LayerEntry child(String name) {
    return children.getOrDefault(name, LayerEntry.Other.ABSENT);
  }

  @Override
  public void forEachDirectory(LayerEntry.NameVisitor visitor) throws IOException {
    for (var child : children.entrySet()) {
      if (child.getValue() instanceof LayerEntry.Directory) {
        visitor.name(child.getKey());
      }
    }
  }
}
