package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.Descriptor;
import dev.lazuli.bridge.kernel.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Reads requests and has them answered until the connection ends. Runs on a platform thread of its
 * own: reading the device blocks, and would take a carrier away from all virtual threads.
 */
final class RequestLoop implements Runnable {
  private final Connection connection;
  private final Dispatcher dispatcher;
  private final Request request;
  private final MemorySegment callState;

  RequestLoop(Connection connection, Volume volume) {
    Arena arena = Arena.ofAuto();
    this.connection = connection;
    this.dispatcher = new Dispatcher(connection, volume);
    this.request = new Request(arena.allocate(Protocol.REQUEST_BUFFER_BYTES, Long.BYTES));
    this.callState = Descriptor.newCallState(arena);
  }

  @Override
  public void run() {
    while (connection.isOpen()) {
      long count = connection.device().read(request.buffer(), callState);
      if (count < 0 && !isPassing((int) -count)) {
        connection.ended((int) -count);
        return;
      }
      if (connection.isOpen() && request.accept(count)) {
        dispatcher.dispatch(request);
      }
    }
  }

  /** Returns if an error concerns one request only: it was withdrawn, or a signal came. */
  private static boolean isPassing(int errno) {
    return errno == Errno.ENOENT || errno == Errno.EINTR || errno == Errno.EAGAIN;
  }
}
