package dev.lazuli.bridge.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lazuli.bridge.erofs.CorruptImageException;
import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.Mounts;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One whole tree per layer, below a directory named by its slot: metadata from the layer's image,
 * content from the handler, at the places that the image gives. The kernel is told to keep
 * everything, names that do not exist included, and to open files without asking.
 */
final class TreeVolume implements Volume {
  private static final int ROOT_MODE = 0040700;
  private static final String TRUSTED_OVERLAY = "trusted.overlay.";
  private static final String USER_OVERLAY = "user.overlay.";

  private final TreeProvider trees;
  private final BlobHandler handler;

  TreeVolume(TreeProvider trees, BlobHandler handler) {
    this.trees = trees;
    this.handler = handler;
  }

  @Override
  public long wantedFlags() {
    return Protocol.DO_READDIRPLUS
        | Protocol.POSIX_ACL
        | Protocol.EXPORT_SUPPORT
        | Protocol.CACHE_SYMLINKS
        | Protocol.ALLOW_IDMAP;
  }

  @Override
  public long mountFlags() {
    return Mounts.MS_RDONLY | FuseMount.FLAGS;
  }

  @Override
  public int lookup(long parent, FuseRequest request, MemorySegment body) {
    if (parent == Protocol.ROOT_ID) {
      return lookupTree(request, body);
    }
    ErofsImage image = image(parent);
    if (image == null) {
      return -Errno.ESTALE;
    }
    try {
      // "." and ".." are how the kernel comes back to a node of which it knows the number only.
      if (request.nameIs(".")) {
        return entry(image, NodeId.slot(parent), NodeId.nid(parent), body);
      }
      if (request.nameIs("..") && NodeId.nid(parent) == image.rootNid()) {
        return root(body);
      }
      long nid =
          image.lookup(
              NodeId.nid(parent), request.buffer(), request.nameOffset(), request.nameLength());
      return nid == ErofsImage.ABSENT
          ? Attributes.entry(body, 0, 0)
          : entry(image, NodeId.slot(parent), nid, body);
    } catch (CorruptImageException e) {
      return -Errno.EIO;
    }
  }

  private int lookupTree(FuseRequest request, MemorySegment body) {
    if (request.nameIs(".") || request.nameIs("..")) {
      return root(body);
    }
    long slot = NodeId.parseSlot(request);
    ErofsImage image = slot < 0 ? null : trees.tree(slot);
    if (image == null) {
      // An error, not a cached "no such name": the slot may be given out later.
      return -Errno.ENOENT;
    }
    try {
      return entry(image, slot, image.rootNid(), body);
    } catch (CorruptImageException e) {
      return -Errno.EIO;
    }
  }

  @Override
  public int attributes(long node, MemorySegment body) {
    int length = Attributes.attributesOut(body);
    if (node == Protocol.ROOT_ID) {
      Attributes.write(body, Protocol.ATTR_OUT_ATTR, node, 0, ROOT_MODE, 2, 0, 0);
      return length;
    }
    ErofsImage image = image(node);
    if (image == null) {
      return -Errno.ESTALE;
    }
    try {
      Attributes.write(image, node, body, Protocol.ATTR_OUT_ATTR);
      return length;
    } catch (CorruptImageException e) {
      return -Errno.EIO;
    }
  }

  /** Asks the kernel to open every file by itself from now on, and to keep what it has read. */
  @Override
  public int open(long node, MemorySegment body) {
    return -Errno.ENOSYS;
  }

  @Override
  public int readDirectory(long node, long cookie, int limit, boolean plus, MemorySegment body) {
    var writer = new DirectoryWriter(body, limit, plus);
    if (node == Protocol.ROOT_ID) {
      return writer.listRoot(cookie);
    }
    ErofsImage image = image(node);
    if (image == null) {
      return -Errno.ESTALE;
    }
    var lister = new TreeLister(image, NodeId.slot(node), body, writer, plus);
    try {
      image.forEachEntry(NodeId.nid(node), cookie, lister);
    } catch (CorruptImageException e) {
      return -Errno.EIO;
    }
    return lister.failed() && writer.length() == 0 ? -Errno.EIO : writer.length();
  }

  @Override
  public int readLink(long node, MemorySegment body) {
    ErofsImage image = image(node);
    if (image == null) {
      return -Errno.ESTALE;
    }
    try {
      MemorySegment target = image.linkTarget(NodeId.nid(node));
      if (target.byteSize() > body.byteSize()) {
        return -Errno.ENAMETOOLONG;
      }
      body.copyFrom(target);
      return (int) target.byteSize();
    } catch (CorruptImageException e) {
      return -Errno.EIO;
    }
  }

  @Override
  public int getXattr(long node, FuseRequest request, int limit, MemorySegment body) {
    if (node == Protocol.ROOT_ID) {
      return -Errno.ENODATA;
    }
    ErofsImage image = image(node);
    if (image == null) {
      return -Errno.ESTALE;
    }
    try {
      int size = image.getXattr(NodeId.nid(node), request.name(), body);
      if (size < 0) {
        size = userOverlayXattr(image, node, request, body);
      }
      return size < 0 ? -Errno.ENODATA : sized(size, limit, body);
    } catch (CorruptImageException e) {
      return -Errno.EIO;
    }
  }

  /**
   * Shows {@code trusted.overlay.*} as {@code user.overlay.*} too, which is where overlayfs looks
   * in a user namespace ({@code userxattr}): directories stay opaque there.
   */
  private static int userOverlayXattr(
      ErofsImage image, long node, FuseRequest request, MemorySegment body)
      throws CorruptImageException {
    byte[] name = request.name().toArray(JAVA_BYTE);
    String text = new String(name, US_ASCII);
    if (!text.startsWith(USER_OVERLAY)) {
      return -1;
    }
    String trusted = TRUSTED_OVERLAY + text.substring(USER_OVERLAY.length());
    MemorySegment alias = MemorySegment.ofArray(trusted.getBytes(US_ASCII));
    return image.getXattr(NodeId.nid(node), alias, body);
  }

  @Override
  public int listXattrs(long node, int limit, MemorySegment body) {
    if (node == Protocol.ROOT_ID) {
      return sized(0, limit, body);
    }
    ErofsImage image = image(node);
    if (image == null) {
      return -Errno.ESTALE;
    }
    try {
      return sized(image.listXattrs(NodeId.nid(node), body), limit, body);
    } catch (CorruptImageException e) {
      return -Errno.EIO;
    }
  }

  @Override
  public int statfs(long node, MemorySegment body) {
    ErofsImage image = image(node);
    return Attributes.statfs(body, image == null ? 0 : image.inodeCount());
  }

  @Override
  public void read(
      FuseConnection connection, FuseRequest request, long offset, int length, ReplyBuffer reply) {
    long node = request.node();
    ErofsImage image = image(node);
    int available;
    long dataOffset;
    if (image == null) {
      reply.write(connection.device(), request.unique(), -Errno.ESTALE);
      return;
    }
    try {
      dataOffset = image.dataOffset(NodeId.nid(node));
      available = Math.clamp(image.size(NodeId.nid(node)) - offset, 0, length);
    } catch (CorruptImageException e) {
      reply.write(connection.device(), request.unique(), -Errno.EIO);
      return;
    }
    if (available == 0) {
      reply.write(connection.device(), request.unique(), 0);
      return;
    }
    long slot = NodeId.slot(node);
    new PendingRead(connection, request, slot, dataOffset + offset, available, reply)
        .start(handler);
  }

  private static int root(MemorySegment body) {
    int length = Attributes.entry(body, 0, Protocol.ROOT_ID);
    Attributes.write(body, Protocol.ENTRY_ATTR, Protocol.ROOT_ID, 0, ROOT_MODE, 2, 0, 0);
    return length;
  }

  private static int entry(ErofsImage image, long slot, long nid, MemorySegment body)
      throws CorruptImageException {
    if (!NodeId.isNid(nid)) {
      return -Errno.EOVERFLOW;
    }
    long node = NodeId.of(slot, nid);
    int length = Attributes.entry(body, 0, node);
    Attributes.write(image, node, body, Protocol.ENTRY_ATTR);
    return length;
  }

  /** Answers a question for {@code size} bytes, which are in the body if they fit there. */
  private static int sized(int size, int limit, MemorySegment body) {
    if (limit == 0) {
      body.set(JAVA_INT, 0, size);
      body.set(JAVA_INT, Integer.BYTES, 0);
      return Protocol.GETXATTR_OUT_SIZE;
    }
    return size > limit || size > body.byteSize() ? -Errno.ERANGE : size;
  }

  private @Nullable ErofsImage image(long node) {
    long slot = NodeId.slot(node);
    return slot == 0 || slot > Integer.MAX_VALUE ? null : trees.tree(slot);
  }
}
