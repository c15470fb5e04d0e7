package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.Mounts;
import java.lang.foreign.MemorySegment;

/**
 * One file per layer, named by its slot. Files are opened with DIRECT_IO, since EROFS above keeps
 * what it reads: the page cache would hold every byte twice. Only root has access.
 */
final class BlobVolume implements Volume {
  private static final int ROOT_MODE = 0040700;
  private static final int BLOB_MODE = 0100400;

  private final BlobHandler handler;

  BlobVolume(BlobHandler handler) {
    this.handler = handler;
  }

  @Override
  public long wantedFlags() {
    return 0;
  }

  @Override
  public long mountFlags() {
    return Mounts.MS_RDONLY | FuseMount.FLAGS | Mounts.MS_NOEXEC;
  }

  @Override
  public int lookup(long parent, FuseRequest request, MemorySegment body) {
    if (parent != Protocol.ROOT_ID) {
      return -Errno.ENOTDIR;
    }
    long slot = NodeId.parseSlot(request);
    long size = slot < 0 ? -1 : handler.size(slot);
    if (size < 0) {
      // An error, not a cached "no such name": the slot may be given out later.
      return -Errno.ENOENT;
    }
    long node = NodeId.of(slot, 0);
    int length = Attributes.entry(body, 0, node);
    Attributes.write(body, Protocol.ENTRY_ATTR, node, size, BLOB_MODE, 1, 0, 0);
    return length;
  }

  @Override
  public int attributes(long node, MemorySegment body) {
    int length = Attributes.attributesOut(body);
    if (node == Protocol.ROOT_ID) {
      Attributes.write(body, Protocol.ATTR_OUT_ATTR, node, 0, ROOT_MODE, 2, 0, 0);
      return length;
    }
    long size = size(node);
    if (size < 0) {
      return -Errno.ESTALE;
    }
    Attributes.write(body, Protocol.ATTR_OUT_ATTR, node, size, BLOB_MODE, 1, 0, 0);
    return length;
  }

  @Override
  public int open(long node, MemorySegment body) {
    if (size(node) < 0) {
      return -Errno.ESTALE;
    }
    return Attributes.openedDirectly(body);
  }

  @Override
  public int readDirectory(long node, long cookie, int limit, boolean plus, MemorySegment body) {
    if (node != Protocol.ROOT_ID) {
      return -Errno.ENOTDIR;
    }
    return new DirectoryWriter(body, limit, plus).listRoot(cookie);
  }

  @Override
  public int readLink(long node, MemorySegment body) {
    return -Errno.EINVAL;
  }

  @Override
  public void read(
      FuseConnection connection, FuseRequest request, long offset, int length, ReplyBuffer reply) {
    long size = size(request.node());
    if (size < 0) {
      reply.write(connection.device(), request.unique(), -Errno.ESTALE);
      return;
    }
    int available = (int) Math.min(length, Math.max(0, size - offset));
    if (available == 0) {
      reply.write(connection.device(), request.unique(), 0);
      return;
    }
    long slot = NodeId.slot(request.node());
    new PendingRead(connection, request, slot, offset, available, reply).start(handler);
  }

  private long size(long node) {
    return NodeId.slot(node) == 0 || NodeId.nid(node) != 0 ? -1 : handler.size(NodeId.slot(node));
  }
}
