package dev.lazuli.bridge.erofs;

import java.lang.foreign.MemorySegment;

/** A source that is another one, but for what a test overrides. */
class ForwardingSource implements InodeSource {
  private final InodeSource source;

  ForwardingSource(InodeSource source) {
    this.source = source;
  }

  @Override
  public int inodeCount() {
    return source.inodeCount();
  }

  @Override
  public int mode(int inode) {
    return source.mode(inode);
  }

  @Override
  public int uid(int inode) {
    return source.uid(inode);
  }

  @Override
  public int gid(int inode) {
    return source.gid(inode);
  }

  @Override
  public long mtimeSeconds(int inode) {
    return source.mtimeSeconds(inode);
  }

  @Override
  public int mtimeNanos(int inode) {
    return source.mtimeNanos(inode);
  }

  @Override
  public long size(int inode) {
    return source.size(inode);
  }

  @Override
  public int linkCount(int inode) {
    return source.linkCount(inode);
  }

  @Override
  public int deviceMajor(int inode) {
    return source.deviceMajor(inode);
  }

  @Override
  public int deviceMinor(int inode) {
    return source.deviceMinor(inode);
  }

  @Override
  public long dataOffset(int inode) {
    return source.dataOffset(inode);
  }

  @Override
  public MemorySegment linkTarget(int inode) {
    return source.linkTarget(inode);
  }

  @Override
  public void forEachXattr(int inode, XattrVisitor visitor) {
    source.forEachXattr(inode, visitor);
  }

  @Override
  public void forEachChild(int directory, ChildVisitor visitor) {
    source.forEachChild(directory, visitor);
  }

  @Override
  public int parent(int directory) {
    return source.parent(directory);
  }
}
