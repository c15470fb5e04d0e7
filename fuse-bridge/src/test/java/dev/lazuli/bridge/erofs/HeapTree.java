package dev.lazuli.bridge.erofs;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.lazuli.bridge.kernel.FileMode;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A tree on the heap. Names, targets and xattr names are Latin-1: one character is one byte. */
final class HeapTree implements InodeSource {
  /** An inode under construction; its fields are read when the image is written. */
  static final class Node {
    final int number;
    int mode;
    int uid;
    int gid;
    boolean implied;
    boolean impliedFirst;
    long mtimeSeconds;
    int mtimeNanos;
    long size;
    int links = 1;
    int major;
    int minor;
    long dataOffset = -1;
    int parent;
    String target = "";
    final Map<String, byte[]> xattrs = new LinkedHashMap<>();
    final TreeMap<String, Node> children = new TreeMap<>();

    private Node(int number, int mode) {
      this.number = number;
      this.mode = mode;
    }
  }

  private final List<Node> nodes = new ArrayList<>();
  private long dataSize;

  HeapTree() {
    node(FileMode.DIRECTORY | 0755);
  }

  Node root() {
    return nodes.getFirst();
  }

  long dataSize() {
    return dataSize;
  }

  Node directory(Node parent, String name) {
    var node = add(parent, name, FileMode.DIRECTORY | 0755);
    node.parent = parent.number;
    return node;
  }

  Node file(Node parent, String name, long size) {
    var node = add(parent, name, FileMode.REGULAR | 0644);
    node.size = size;
    if (size > 0) {
      node.dataOffset = dataSize;
      dataSize = ErofsFormat.alignUp(dataSize + size, 4096);
    }
    return node;
  }

  Node symlink(Node parent, String name, String target) {
    var node = add(parent, name, FileMode.SYMLINK | 0777);
    node.target = target;
    node.size = target.length();
    return node;
  }

  Node device(Node parent, String name, int type, int major, int minor) {
    var node = add(parent, name, type | 0600);
    node.major = major;
    node.minor = minor;
    return node;
  }

  Node add(Node parent, String name, int mode) {
    var node = node(mode);
    parent.children.put(name, node);
    return node;
  }

  void link(Node parent, String name, Node node) {
    parent.children.put(name, node);
    node.links++;
  }

  Node node(int mode) {
    var node = new Node(nodes.size(), mode);
    nodes.add(node);
    return node;
  }

  static MemorySegment bytes(String text) {
    return MemorySegment.ofArray(text.getBytes(ISO_8859_1));
  }

  @Override
  public int inodeCount() {
    return nodes.size();
  }

  @Override
  public int mode(int inode) {
    return nodes.get(inode).mode;
  }

  @Override
  public boolean isImplied(int inode) {
    return nodes.get(inode).implied;
  }

  @Override
  public boolean isImpliedFirst(int inode) {
    return nodes.get(inode).impliedFirst;
  }

  @Override
  public int uid(int inode) {
    return nodes.get(inode).uid;
  }

  @Override
  public int gid(int inode) {
    return nodes.get(inode).gid;
  }

  @Override
  public long mtimeSeconds(int inode) {
    return nodes.get(inode).mtimeSeconds;
  }

  @Override
  public int mtimeNanos(int inode) {
    return nodes.get(inode).mtimeNanos;
  }

  @Override
  public long size(int inode) {
    return nodes.get(inode).size;
  }

  @Override
  public int linkCount(int inode) {
    return nodes.get(inode).links;
  }

  @Override
  public int deviceMajor(int inode) {
    return nodes.get(inode).major;
  }

  @Override
  public int deviceMinor(int inode) {
    return nodes.get(inode).minor;
  }

  @Override
  public long dataOffset(int inode) {
    return nodes.get(inode).dataOffset;
  }

  @Override
  public MemorySegment linkTarget(int inode) {
    return bytes(nodes.get(inode).target);
  }

  @Override
  public void forEachXattr(int inode, XattrVisitor visitor) {
    nodes
        .get(inode)
        .xattrs
        .forEach((name, value) -> visitor.xattr(bytes(name), MemorySegment.ofArray(value)));
  }

  @Override
  public void forEachChild(int directory, ChildVisitor visitor) {
    nodes
        .get(directory)
        .children
        .forEach((name, child) -> visitor.child(bytes(name), child.number));
  }

  @Override
  public int parent(int directory) {
    return nodes.get(directory).parent;
  }
}
