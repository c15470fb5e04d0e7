package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.Errno;
import java.lang.foreign.MemorySegment;

/**
 * Answers the requests of one loop, one after the other. Whatever a request says, it gets one
 * answer, at once or (a READ, for one) later, and nothing is thrown.
 */
final class Dispatcher {
  private static final int NO_REPLY = Integer.MIN_VALUE;

  private final FuseConnection connection;
  private final Volume volume;
  private final ReplyBuffer reply = new ReplyBuffer();

  Dispatcher(FuseConnection connection, Volume volume) {
    this.connection = connection;
    this.volume = volume;
  }

  /** Answers a message whose header was accepted. */
  void dispatch(FuseRequest request) {
    int result;
    try {
      result = answer(request, reply.body());
    } catch (Throwable e) {
      connection.log().error("opcode {} on node {}", request.opcode(), request.node(), e);
      result = -Errno.EIO;
    }
    if (result != NO_REPLY) {
      reply.write(connection.device(), request.unique(), result);
    }
  }

  private int answer(FuseRequest request, MemorySegment body) {
    if (volume.answer(connection, request, reply)) {
      return NO_REPLY;
    }
    long node = request.node();
    return switch (request.opcode()) {
      case Protocol.LOOKUP -> lookup(request, body);
      case Protocol.GETATTR -> volume.attributes(node, body);
      case Protocol.READLINK -> volume.readLink(node, body);
      case Protocol.OPEN -> volume.open(node, body);
      case Protocol.READ -> read(request);
      case Protocol.READDIR -> readDirectory(request, false, body);
      case Protocol.READDIRPLUS -> readDirectory(request, true, body);
      case Protocol.GETXATTR -> getXattr(request, body);
      case Protocol.LISTXATTR -> listXattrs(request, body);
      case Protocol.STATFS -> volume.statfs(node, body);
      case Protocol.RELEASE, Protocol.RELEASEDIR, Protocol.DESTROY -> 0;
      case Protocol.INTERRUPT -> interrupt(request);
      case Protocol.FORGET, Protocol.BATCH_FORGET -> NO_REPLY;
      case Protocol.INIT -> -Errno.EPROTO;
      // Never asked again: OPENDIR, FLUSH, ACCESS, STATX, LSEEK, ...
      default -> -Errno.ENOSYS;
    };
  }

  private int lookup(FuseRequest request, MemorySegment body) {
    if (!request.findName(0)) {
      return -Errno.EINVAL;
    }
    if (request.nameLength() > Protocol.NAME_MAX) {
      return -Errno.ENAMETOOLONG;
    }
    return volume.lookup(request.node(), request, body);
  }

  private int read(FuseRequest request) {
    if (!request.hasBody(Protocol.READ_IN_SIZE + Integer.BYTES)) {
      return -Errno.EINVAL;
    }
    long offset = request.bodyLong(Protocol.READ_IN_OFFSET);
    int length = request.bodyInt(Protocol.READ_IN_SIZE);
    if (offset < 0 || length < 0 || length > Protocol.MAX_READ_BYTES) {
      return -Errno.EINVAL;
    }
    volume.read(connection, request, offset, length, reply);
    return NO_REPLY;
  }

  private int readDirectory(FuseRequest request, boolean plus, MemorySegment body) {
    if (!request.hasBody(Protocol.READ_IN_SIZE + Integer.BYTES)) {
      return -Errno.EINVAL;
    }
    long cookie = request.bodyLong(Protocol.READ_IN_OFFSET);
    int limit = request.bodyInt(Protocol.READ_IN_SIZE);
    if (cookie < 0 || limit < 0) {
      return -Errno.EINVAL;
    }
    return volume.readDirectory(
        request.node(), cookie, Math.min(limit, Protocol.MAX_READ_BYTES), plus, body);
  }

  private int getXattr(FuseRequest request, MemorySegment body) {
    if (!request.hasBody(Protocol.GETXATTR_IN_SIZE)
        || !request.findName(Protocol.GETXATTR_IN_SIZE)) {
      return -Errno.EINVAL;
    }
    int limit = request.bodyInt(Protocol.GETXATTR_IN_LIMIT);
    return limit < 0 ? -Errno.EINVAL : volume.getXattr(request.node(), request, limit, body);
  }

  private int listXattrs(FuseRequest request, MemorySegment body) {
    if (!request.hasBody(Protocol.GETXATTR_IN_SIZE)) {
      return -Errno.EINVAL;
    }
    int limit = request.bodyInt(Protocol.GETXATTR_IN_LIMIT);
    return limit < 0 ? -Errno.EINVAL : volume.listXattrs(request.node(), limit, body);
  }

  private int interrupt(FuseRequest request) {
    if (!request.hasBody(Long.BYTES)) {
      return NO_REPLY;
    }
    boolean known = connection.interrupt(request.bodyLong(Protocol.INTERRUPT_IN_UNIQUE));
    // EAGAIN has the kernel ask again if the request, being answered just now, still waits then.
    return known ? NO_REPLY : -Errno.EAGAIN;
  }
}
