package dev.lazuli.snapshotter.layers.index;

import dev.lazuli.bridge.erofs.InodeSource;
import dev.lazuli.estargz.toc.LayerIndex;
import java.lang.foreign.MemorySegment;

/** A layer's index as the EROFS writer wants to see it. */
record IndexedTree(LayerIndex index) implements InodeSource {
  @Override
  public int inodeCount() {
    return index.inodeCount();
  }

  @Override
  public int mode(int inode) {
    return index.mode(inode);
  }

  @Override
  public boolean isImplied(int inode) {
    return index.isImplied(inode);
  }

  @Override
  public boolean isImpliedFirst(int inode) {
    return index.isImpliedFirst(inode);
  }

  @Override
  public int uid(int inode) {
    return index.uid(inode);
  }

  @Override
  public int gid(int inode) {
    return index.gid(inode);
  }

  @Override
  public long mtimeSeconds(int inode) {
    return index.mtimeSeconds(inode);
  }

  @Override
  public int mtimeNanos(int inode) {
    return index.mtimeNanos(inode);
  }

  @Override
  public long size(int inode) {
    return index.size(inode);
  }

  @Override
  public int linkCount(int inode) {
    return index.linkCount(inode);
  }

  @Override
  public int deviceMajor(int inode) {
    return index.deviceMajor(inode);
  }

  @Override
  public int deviceMinor(int inode) {
    return index.deviceMinor(inode);
  }

  @Override
  public long dataOffset(int inode) {
    return index.dataOffset(inode);
  }

  @Override
  public MemorySegment linkTarget(int inode) {
    return index.linkTarget(inode);
  }

  @Override
  public void forEachXattr(int inode, XattrVisitor visitor) {
    index.forEachXattr(inode, visitor::xattr);
  }

  @Override
  public void forEachChild(int directory, ChildVisitor visitor) {
    index.forEachChild(directory, visitor::child);
  }

  @Override
  public int parent(int directory) {
    return index.parent(directory);
  }
}
