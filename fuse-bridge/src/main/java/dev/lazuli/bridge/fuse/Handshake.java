package dev.lazuli.bridge.fuse;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.ErrnoException;
import dev.lazuli.bridge.kernel.FileDescriptor;
import dev.lazuli.bridge.kernel.PageSize;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The first exchange on a new connection: INIT and our answer. */
final class Handshake {
  private static final long COMMON_FLAGS =
      Protocol.ASYNC_READ
          | Protocol.ASYNC_DIO
          | Protocol.PARALLEL_DIROPS
          | Protocol.MAX_PAGES
          | Protocol.EXPLICIT_INVAL_DATA
          | Protocol.INIT_EXT;

  /**
   * Reads that readers do not wait for themselves (EROFS's, and readahead) count against this, and
   * beyond it they wait in the kernel. So stuck reads of all layers must not be able to use it up.
   */
  private static final int MAX_BACKGROUND = 16_384;

  private static final int CONGESTION_THRESHOLD = MAX_BACKGROUND / 4 * 3;

  private Handshake() {}

  /**
   * Answers the INIT that the kernel sends once the device is mounted.
   *
   * @param wantedFlags what is wanted besides the common flags
   * @throws IOException if the kernel's FUSE is too old, or the device fails
   */
  static Negotiated answer(FuseDevice device, long wantedFlags) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment callState = FileDescriptor.newCallState(arena);
      FuseRequest init = new FuseRequest(arena.allocate(Protocol.REQUEST_BUFFER_BYTES, Long.BYTES));
      long count;
      do {
        count = device.read(init.buffer(), callState);
      } while (count == -Errno.EINTR || count == -Errno.EAGAIN || count == -Errno.ENOENT);
      if (count < 0) {
        throw new ErrnoException("read(/dev/fuse) for INIT", (int) -count);
      }
      if (!init.accept(count)
          || init.opcode() != Protocol.INIT
          || !init.hasBody(Protocol.INIT_IN_FLAGS + Integer.BYTES)) {
        throw new IOException("the first FUSE request is not INIT, but opcode " + init.opcode());
      }
      var reply = new ReplyBuffer();
      Negotiated negotiated = negotiate(init, wantedFlags);
      int errno = reply.write(device, init.unique(), writeBody(init, negotiated, reply.body()));
      if (errno != 0) {
        throw new ErrnoException("write(/dev/fuse) of INIT's reply", errno);
      }
      return negotiated;
    }
  }

  private static Negotiated negotiate(FuseRequest init, long wantedFlags) throws IOException {
    int major = init.bodyInt(Protocol.INIT_IN_MAJOR);
    int minor = init.bodyInt(Protocol.INIT_IN_MINOR);
    if (major != Protocol.MAJOR || minor < Protocol.OLDEST_MINOR) {
      throw new IOException(
          "the kernel speaks FUSE %d.%d; 7.%d (Linux 5.4) or a later 7.x is needed"
              .formatted(major, minor, Protocol.OLDEST_MINOR));
    }
    long offered = Integer.toUnsignedLong(init.bodyInt(Protocol.INIT_IN_FLAGS));
    if ((offered & Protocol.INIT_EXT) != 0
        && init.hasBody(Protocol.INIT_IN_FLAGS2 + Integer.BYTES)) {
      offered |= (long) init.bodyInt(Protocol.INIT_IN_FLAGS2) << Integer.SIZE;
    }
    return new Negotiated(
        Math.min(minor, Protocol.NEWEST_MINOR),
        offered & (COMMON_FLAGS | wantedFlags),
        Protocol.MAX_READ_BYTES);
  }

  private static int writeBody(FuseRequest init, Negotiated negotiated, MemorySegment body) {
    long flags = negotiated.flags();
    body.asSlice(0, Protocol.INIT_OUT_SIZE).fill((byte) 0);
    body.set(JAVA_INT, Protocol.INIT_OUT_MAJOR, Protocol.MAJOR);
    body.set(JAVA_INT, Protocol.INIT_OUT_MINOR, negotiated.minor());
    body.set(
        JAVA_INT, Protocol.INIT_OUT_MAX_READAHEAD, init.bodyInt(Protocol.INIT_IN_MAX_READAHEAD));
    body.set(JAVA_INT, Protocol.INIT_OUT_FLAGS, (int) flags);
    body.set(JAVA_SHORT, Protocol.INIT_OUT_MAX_BACKGROUND, (short) MAX_BACKGROUND);
    body.set(JAVA_SHORT, Protocol.INIT_OUT_CONGESTION_THRESHOLD, (short) CONGESTION_THRESHOLD);
    body.set(JAVA_INT, Protocol.INIT_OUT_MAX_WRITE, Protocol.MAX_WRITE_BYTES);
    body.set(JAVA_INT, Protocol.INIT_OUT_TIME_GRANULARITY, 1);
    body.set(
        JAVA_SHORT,
        Protocol.INIT_OUT_MAX_PAGES,
        (short) (negotiated.maxReadBytes() / PageSize.bytes()));
    body.set(JAVA_INT, Protocol.INIT_OUT_FLAGS2, (int) (flags >>> Integer.SIZE));
    return Protocol.INIT_OUT_SIZE;
  }
}
