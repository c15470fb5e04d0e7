package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.FileDescriptor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/**
 * Reads requests and has them answered until the connection ends. Runs on a platform thread of its
 * own: reading the device blocks, and would take a carrier away from all virtual threads.
 */
final class RequestLoop implements Runnable {
  private static final long IDLE = 0;

  private final FuseConnection connection;
  private final Dispatcher dispatcher;
  private final FuseRequest request;
  private final MemorySegment callState;
  private volatile long busySince = IDLE;

  RequestLoop(FuseConnection connection, Volume volume) {
    Arena arena = Arena.ofAuto();
    this.connection = connection;
    this.dispatcher = new Dispatcher(connection, volume);
    this.request = new FuseRequest(arena.allocate(Protocol.REQUEST_BUFFER_BYTES, Long.BYTES));
    this.callState = FileDescriptor.newCallState(arena);
  }

  /** Returns how long the loop has been busy with one request; zero while it waits for one. */
  Duration busy() {
    long since = busySince;
    return since == IDLE ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - since);
  }

  @Override
  public void run() {
    while (connection.takesRequests()) {
      long count = connection.device().read(request.buffer(), callState);
      if (count < 0 && !isPassing((int) -count)) {
        connection.ended((int) -count);
        return;
      }
      if (connection.isOpen() && request.accept(count)) {
        busySince = System.nanoTime() | 1;
        dispatcher.dispatch(request);
        busySince = IDLE;
      }
    }
  }

  /** Returns whether an error concerns one request only: it was withdrawn, or a signal came. */
  private static boolean isPassing(int errno) {
    return errno == Errno.ENOENT || errno == Errno.EINTR || errno == Errno.EAGAIN;
  }
}
