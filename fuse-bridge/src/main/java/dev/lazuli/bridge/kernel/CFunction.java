package dev.lazuli.bridge.kernel;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * A function of the C library that takes integers and pointers and returns an integer. To Java all
 * of them are {@code long}, so that functions with as many arguments share one shape: a shape is
 * bound by generating classes, which a daemon's start would otherwise do for every function.
 *
 * <p>A narrower argument is passed extended by its sign, as every 64-bit ABI of Linux accepts; of a
 * narrower result the upper half means nothing and is dropped. Who passes a segment's address keeps
 * the segment reachable until the call is over.
 *
 * @param handle takes the segment for {@code errno}, then the arguments
 * @param narrow whether the result is an {@code int} in C
 */
record CFunction(MethodHandle handle, boolean narrow) {
  /** Binds a function that returns {@code int}. */
  static CFunction ofInt(String symbol, int arguments) {
    return new CFunction(Libc.bind(symbol, shape(arguments)), true);
  }

  /** Binds a function that returns {@code long}, {@code ssize_t} or a pointer. */
  static CFunction ofLong(String symbol, int arguments) {
    return new CFunction(Libc.bind(symbol, shape(arguments)), false);
  }

  /**
   * Binds a function that returns {@code int} and has {@code ...} after {@code fixed} arguments.
   */
  static CFunction ofIntVariadic(String symbol, int fixed, int arguments) {
    return new CFunction(Libc.bindVariadic(symbol, fixed, shape(arguments)), true);
  }

  /** Binds a function that returns {@code long} and has {@code ...} after some arguments. */
  static CFunction ofLongVariadic(String symbol, int fixed, int arguments) {
    return new CFunction(Libc.bindVariadic(symbol, fixed, shape(arguments)), false);
  }

  private static FunctionDescriptor shape(int arguments) {
    var layouts = new MemoryLayout[arguments];
    Arrays.fill(layouts, JAVA_LONG);
    return FunctionDescriptor.of(JAVA_LONG, layouts);
  }

  long call(MemorySegment callState, long first) {
    try {
      return result((long) handle.invokeExact(callState, first));
    } catch (Throwable e) {
      throw Libc.unexpected(e);
    }
  }

  long call(MemorySegment callState, long first, long second) {
    try {
      return result((long) handle.invokeExact(callState, first, second));
    } catch (Throwable e) {
      throw Libc.unexpected(e);
    }
  }

  long call(MemorySegment callState, long first, long second, long third) {
    try {
      return result((long) handle.invokeExact(callState, first, second, third));
    } catch (Throwable e) {
      throw Libc.unexpected(e);
    }
  }

  long call(MemorySegment callState, long first, long second, long third, long fourth) {
    try {
      return result((long) handle.invokeExact(callState, first, second, third, fourth));
    } catch (Throwable e) {
      throw Libc.unexpected(e);
    }
  }

  long call(MemorySegment callState, long first, long second, long third, long fourth, long fifth) {
    try {
      return result((long) handle.invokeExact(callState, first, second, third, fourth, fifth));
    } catch (Throwable e) {
      throw Libc.unexpected(e);
    }
  }

  long call(
      MemorySegment callState,
      long first,
      long second,
      long third,
      long fourth,
      long fifth,
      long sixth) {
    try {
      return result(
          (long) handle.invokeExact(callState, first, second, third, fourth, fifth, sixth));
    } catch (Throwable e) {
      throw Libc.unexpected(e);
    }
  }

  private long result(long register) {
    return narrow ? (int) register : register;
  }
}
