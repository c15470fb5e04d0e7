package dev.lazuli.bridge.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Sends datagrams with descriptors to unix sockets, which Java's own channels cannot. */
public final class UnixDatagram {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = FileDescriptor.O_CLOEXEC;
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_NOSIGNAL = 0x4000;

  /** {@code struct sockaddr_un}: family, then the path. */
  private static final int ADDRESS_PATH = 2;

  private static final int MAX_PATH_BYTES = 107;

  /** {@code struct msghdr}; the same with glibc and musl on 64-bit machines. */
  private static final int MSGHDR_SIZE = 56;

  private static final int MSGHDR_NAME = 0;
  private static final int MSGHDR_NAMELEN = 8;
  private static final int MSGHDR_IOV = 16;
  private static final int MSGHDR_IOVLEN = 24;
  private static final int MSGHDR_CONTROL = 32;
  private static final int MSGHDR_CONTROLLEN = 40;

  /** {@code struct cmsghdr}: length, level, type; the descriptors follow. */
  private static final int CMSGHDR_SIZE = 16;

  private static final int CMSGHDR_LEVEL = 8;
  private static final int CMSGHDR_TYPE = 12;

  private static final CFunction SOCKET = CFunction.ofInt("socket", 3);
  private static final CFunction SENDMSG = CFunction.ofLong("sendmsg", 3);

  private UnixDatagram() {}

  /**
   * Sends one datagram.
   *
   * @param address a path, or {@code @} and an abstract name
   * @param descriptors sent along; the receiver gets its own copies
   * @throws ErrnoException if the kernel refuses, {@link Errno#ENAMETOOLONG} if the address does
   *     not fit
   */
  public static void send(String address, String message, List<FileDescriptor> descriptors)
      throws ErrnoException {
    byte[] path = address.getBytes(UTF_8);
    if (path.length == 0 || path.length > MAX_PATH_BYTES) {
      throw new ErrnoException("sendmsg to \"" + address + "\"", Errno.ENAMETOOLONG);
    }
    long number =
        Libc.check(
            state -> SOCKET.call(state, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0),
            () -> "socket(AF_UNIX, SOCK_DGRAM, 0)");
    try (var socket = FileDescriptor.own((int) number);
        Arena arena = Arena.ofConfined()) {
      MemorySegment header = arena.allocate(MSGHDR_SIZE, Long.BYTES);
      putAddress(arena, header, path);
      putMessage(arena, header, message.getBytes(UTF_8));
      if (!descriptors.isEmpty()) {
        putDescriptors(arena, header, descriptors);
      }
      Libc.check(
          state -> SENDMSG.call(state, socket.number(), header.address(), MSG_NOSIGNAL),
          () -> "sendmsg to \"" + address + "\"");
    }
  }

  private static void putAddress(Arena arena, MemorySegment header, byte[] path) {
    MemorySegment address = arena.allocate(ADDRESS_PATH + MAX_PATH_BYTES + 1, Long.BYTES);
    address.set(JAVA_SHORT, 0, (short) AF_UNIX);
    MemorySegment.copy(path, 0, address, JAVA_BYTE, ADDRESS_PATH, path.length);
    boolean isAbstract = path[0] == '@';
    if (isAbstract) {
      address.set(JAVA_BYTE, ADDRESS_PATH, (byte) 0);
    }
    header.set(ADDRESS, MSGHDR_NAME, address);
    // An abstract name is as long as the length says; a path ends with a NUL.
    header.set(JAVA_INT, MSGHDR_NAMELEN, ADDRESS_PATH + path.length + (isAbstract ? 0 : 1));
  }

  private static void putMessage(Arena arena, MemorySegment header, byte[] message) {
    MemorySegment iov = arena.allocate(ADDRESS.byteSize() + Long.BYTES, Long.BYTES);
    iov.set(ADDRESS, 0, arena.allocateFrom(JAVA_BYTE, message));
    iov.set(JAVA_LONG, ADDRESS.byteSize(), message.length);
    header.set(ADDRESS, MSGHDR_IOV, iov);
    header.set(JAVA_LONG, MSGHDR_IOVLEN, 1);
  }

  private static void putDescriptors(
      Arena arena, MemorySegment header, List<FileDescriptor> descriptors) {
    long length = CMSGHDR_SIZE + (long) Integer.BYTES * descriptors.size();
    MemorySegment control = arena.allocate((length + Long.BYTES - 1) & -Long.BYTES, Long.BYTES);
    control.set(JAVA_LONG, 0, length);
    control.set(JAVA_INT, CMSGHDR_LEVEL, SOL_SOCKET);
    control.set(JAVA_INT, CMSGHDR_TYPE, SCM_RIGHTS);
    for (int i = 0; i < descriptors.size(); i++) {
      control.set(JAVA_INT, CMSGHDR_SIZE + (long) Integer.BYTES * i, descriptors.get(i).number());
    }
    header.set(ADDRESS, MSGHDR_CONTROL, control);
    header.set(JAVA_LONG, MSGHDR_CONTROLLEN, control.byteSize());
  }
}
