package dev.lazuli.bridge.fuse;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lazuli.bridge.kernel.FileDescriptor;
import dev.lazuli.bridge.kernel.UntouchedMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory for one reply of any size, used by one thread at a time. The header ends where a page
 * begins, so that content lies page-aligned.
 */
final class ReplyBuffer {
  private static final int BODY_OFFSET = 4096;
  private static final int HEADER_OFFSET = BODY_OFFSET - Protocol.OUT_HEADER_SIZE;

  private final MemorySegment buffer;
  private final MemorySegment body;
  private final MemorySegment callState;

  /** Makes a buffer whose memory lives as long as it is reachable. */
  ReplyBuffer() {
    buffer = UntouchedMemory.allocate(BODY_OFFSET + Protocol.MAX_READ_BYTES, BODY_OFFSET);
    body = buffer.asSlice(BODY_OFFSET);
    callState = FileDescriptor.newCallState(Arena.ofAuto());
  }

  /** Returns the place for what follows the header. */
  MemorySegment body() {
    return body;
  }

  /**
   * Writes the reply.
   *
   * @param result the body's length in bytes, or {@code -errno}
   * @return 0, or the error that the device gave
   */
  int write(FuseDevice device, long unique, int result) {
    int length = Protocol.OUT_HEADER_SIZE + Math.max(result, 0);
    buffer.set(JAVA_INT, HEADER_OFFSET + Protocol.OUT_LENGTH, length);
    buffer.set(JAVA_INT, HEADER_OFFSET + Protocol.OUT_ERROR, Math.min(result, 0));
    buffer.set(JAVA_LONG, HEADER_OFFSET + Protocol.OUT_UNIQUE, unique);
    long written = device.write(buffer.asSlice(HEADER_OFFSET, length), callState);
    return written < 0 ? (int) -written : 0;
  }
}
