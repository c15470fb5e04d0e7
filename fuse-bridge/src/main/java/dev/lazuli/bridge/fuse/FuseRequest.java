package dev.lazuli.bridge.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.lang.foreign.MemorySegment;

/**
 * One message of the kernel, in its loop's buffer. Bodies are looked at only after {@link
 * #hasBody}, and names only after {@link #findName}.
 */
final class FuseRequest {
  private final MemorySegment buffer;
  private int length;
  private int nameOffset;
  private int nameLength;

  /**
   * Makes a view.
   *
   * @param buffer native memory for one message
   */
  FuseRequest(MemorySegment buffer) {
    this.buffer = buffer;
  }

  MemorySegment buffer() {
    return buffer;
  }

  /** Takes the message of {@code count} bytes now in the buffer, unless its header is false. */
  boolean accept(long count) {
    nameLength = 0;
    length = (int) count;
    return count >= Protocol.IN_HEADER_SIZE
        && count <= buffer.byteSize()
        && buffer.get(JAVA_INT_UNALIGNED, Protocol.IN_LENGTH) == count;
  }

  int opcode() {
    return buffer.get(JAVA_INT_UNALIGNED, Protocol.IN_OPCODE);
  }

  long unique() {
    return buffer.get(JAVA_LONG_UNALIGNED, Protocol.IN_UNIQUE);
  }

  long node() {
    return buffer.get(JAVA_LONG_UNALIGNED, Protocol.IN_NODEID);
  }

  /** Returns the thread that asks; 0 if it is in a PID namespace that ours does not see. */
  int pid() {
    return buffer.get(JAVA_INT_UNALIGNED, Protocol.IN_PID);
  }

  boolean hasBody(int size) {
    return length - Protocol.IN_HEADER_SIZE >= size;
  }

  int bodyInt(int offset) {
    return buffer.get(JAVA_INT_UNALIGNED, Protocol.IN_HEADER_SIZE + offset);
  }

  long bodyLong(int offset) {
    return buffer.get(JAVA_LONG_UNALIGNED, Protocol.IN_HEADER_SIZE + offset);
  }

  /**
   * Finds the NUL-ended name that follows {@code offset} bytes of body; false if there is none, or
   * an empty one.
   */
  boolean findName(int offset) {
    nameOffset = Protocol.IN_HEADER_SIZE + offset;
    int end = nameOffset;
    while (end < length && buffer.get(JAVA_BYTE, end) != 0) {
      end++;
    }
    nameLength = end - nameOffset;
    return end < length && nameLength > 0;
  }

  int nameOffset() {
    return nameOffset;
  }

  int nameLength() {
    return nameLength;
  }

  byte nameByte(int index) {
    return buffer.get(JAVA_BYTE, nameOffset + index);
  }

  /** Returns the name's bytes, a view of the buffer. */
  MemorySegment name() {
    return buffer.asSlice(nameOffset, nameLength);
  }

  /** Returns the name; bytes that are not ASCII become characters that are in no valid name. */
  String nameText() {
    return new String(name().toArray(JAVA_BYTE), US_ASCII);
  }

  boolean nameIs(String ascii) {
    if (nameLength != ascii.length()) {
      return false;
    }
    for (int i = 0; i < nameLength; i++) {
      if (nameByte(i) != ascii.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
