package dev.lazuli.bridge.erofs;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import dev.lazuli.bridge.kernel.FileMode;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.RawNames;
import dev.lazuli.demo.images.TreeEntry;
import dev.lazuli.demo.images.TreeEntry.Node;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A declared tree twice: as the directory that tar makes of it, and as the image and data file of a
 * layer.
 *
 * @param reference the directory
 * @param image the metadata image
 * @param data the data file
 */
record ReferenceLayer(Path reference, Path image, Path data) {
  /** Makes both below a new directory. */
  static ReferenceLayer make(ImageTree tree, Path directory) throws IOException {
    var layer =
        new ReferenceLayer(
            Files.createDirectories(directory.resolve("reference")),
            directory.resolve("meta.erofs"),
            directory.resolve("data"));
    Map<HeapTree.Node, FileContent> contents = new LinkedHashMap<>();
    var heap = convert(tree, contents);
    tree.materialize(layer.reference);
    // making a socket touches the root
    Files.setLastModifiedTime(
        layer.reference,
        FileTime.from(Instant.ofEpochSecond(heap.root().mtimeSeconds, heap.root().mtimeNanos)));
    ErofsWriter.write(heap, heap.dataSize(), layer.image);
    writeData(contents, heap.dataSize(), layer.data);
    return layer;
  }

  private static HeapTree convert(ImageTree tree, Map<HeapTree.Node, FileContent> contents)
      throws IOException {
    var heap = new HeapTree();
    Map<String, HeapTree.Node> nodes = new HashMap<>();
    nodes.put("", heap.root());
    for (var entry : tree) {
      int slash = entry.path().lastIndexOf('/');
      var parent = requireNonNull(nodes.get(entry.path().substring(0, Math.max(slash, 0))));
      var name = bytes(entry.path().substring(slash + 1));
      switch (entry.node()) {
        case Node.HardLink(var target) ->
            heap.link(parent, name, requireNonNull(nodes.get(target)));
        case Node.Opaque() ->
            requireNonNull(nodes.get(entry.path()))
                .xattrs
                .put("trusted.overlay.opaque", "y".getBytes(US_ASCII));
        default -> {
          var node =
              entry.path().isEmpty() ? heap.root() : add(heap, parent, name, entry, contents);
          setAttributes(node, entry);
          nodes.put(entry.path(), node);
        }
      }
    }
    return heap;
  }

  private static HeapTree.Node add(
      HeapTree heap,
      HeapTree.Node parent,
      String name,
      TreeEntry entry,
      Map<HeapTree.Node, FileContent> contents)
      throws IOException {
    return switch (entry.node()) {
      case Node.Directory() -> heap.directory(parent, name);
      case Node.RegularFile(var content) -> {
        var file = heap.file(parent, name, content.size());
        contents.put(file, content);
        yield file;
      }
      case Node.Symlink(var target) -> heap.symlink(parent, name, bytes(target));
      case Node.Device(var block, var major, var minor) ->
          heap.device(
              parent,
              name,
              block ? FileMode.BLOCK_DEVICE : FileMode.CHARACTER_DEVICE,
              major,
              minor);
      case Node.Whiteout() -> heap.device(parent, name, FileMode.CHARACTER_DEVICE, 0, 0);
      case Node.Fifo() -> heap.add(parent, name, FileMode.FIFO);
      case Node.Socket() -> heap.add(parent, name, FileMode.SOCKET);
      default -> throw new IllegalArgumentException(entry.toString());
    };
  }

  private static void setAttributes(HeapTree.Node node, TreeEntry entry) {
    boolean whiteout = entry.node() instanceof Node.Whiteout;
    node.mode = FileMode.type(node.mode) | (whiteout ? 0 : entry.permissions());
    node.uid = entry.uid();
    node.gid = entry.gid();
    var time = entry.modified();
    node.mtimeSeconds = time.getEpochSecond();
    node.mtimeNanos = time.getNano();
    node.xattrs.putAll(entry.xattrs());
  }

  private static String bytes(String name) {
    return new String(RawNames.encode(name), ISO_8859_1);
  }

  private static void writeData(Map<HeapTree.Node, FileContent> contents, long size, Path file)
      throws IOException {
    try (var data =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (var entry : contents.entrySet()) {
        if (entry.getKey().size > 0) {
          data.position(entry.getKey().dataOffset);
          try (var content = entry.getValue().open()) {
            content.transferTo(Channels.newOutputStream(data));
          }
        }
      }
      if (size > data.size()) {
        data.write(ByteBuffer.allocate(1), size - 1);
      }
    }
  }
}
