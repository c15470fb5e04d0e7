package dev.lazuli.bridge.kernel;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether a file could not be made or written because the disk, its table of inodes or a
 * quota is full. Java's own exceptions do not carry error numbers, only the text that the C library
 * has for them in the language of this process, so that is compared.
 */
public final class NoRoom {
  private static final CFunction STRERROR = CFunction.ofLong("strerror", 1);
  private static final int LONGEST_TEXT = 256;
  private static final List<Integer> NUMBERS = List.of(Errno.ENOSPC, Errno.EDQUOT);
  private static final List<String> TEXTS = NUMBERS.stream().map(NoRoom::text).toList();

  private NoRoom() {}

  /** Returns whether an operation failed for lack of room, or anything it was caused by did. */
  public static boolean caused(Throwable failure) {
    var seen = Collections.<Throwable>newSetFromMap(new IdentityHashMap<>());
    var open = new ArrayDeque<Throwable>(List.of(failure));
    while (!open.isEmpty()) {
      var next = open.pop();
      if (isIt(next)) {
        return true;
      }
      var cause = next.getCause();
      if (cause != null && seen.add(cause)) {
        open.push(cause);
      }
      Arrays.stream(next.getSuppressed()).filter(seen::add).forEach(open::push);
    }
    return false;
  }

  private static boolean isIt(Throwable failure) {
    if (failure instanceof ErrnoException call) {
      return NUMBERS.contains(call.errno());
    }
    @Nullable String message = failure instanceof IOException ? failure.getMessage() : null;
    return message != null && TEXTS.stream().anyMatch(message::endsWith);
  }

  @SuppressWarnings("restricted")
  private static String text(int errno) {
    try (Arena arena = Arena.ofConfined()) {
      long address = STRERROR.call(Libc.newCallState(arena), errno);
      return MemorySegment.ofAddress(address).reinterpret(LONGEST_TEXT).getString(0);
    }
  }
}
