package dev.lazuli.snapshotter.start.python;

import java.util.Optional;

/**
 * What differs between releases of CPython in a byte code file, as far as imports go.
 *
 * @param importName {@code IMPORT_NAME}
 * @param loadConst {@code LOAD_CONST}
 * @param loadSmallInt {@code LOAD_SMALL_INT}, -1 where there is none
 * @param extendedArg {@code EXTENDED_ARG}
 * @param popJumpIfFalse {@code POP_JUMP_IF_FALSE}; in 3.11, {@code POP_JUMP_FORWARD_IF_FALSE}
 * @param jump what the argument of a jump counts
 * @param localsPlus whether a code object keeps all names of variables in one list
 * @see <a href="https://github.com/python/cpython/blob/main/Lib/_opcode_metadata.py">numbers of
 *     instructions</a>
 * @see <a
 *     href="https://github.com/python/cpython/blob/main/Include/internal/pycore_magic_number.h">
 *     numbers of releases</a>
 */
record BytecodeForm(
    int importName,
    int loadConst,
    int loadSmallInt,
    int extendedArg,
    int popJumpIfFalse,
    Jump jump,
    boolean localsPlus) {
  /** What the argument of a jump counts. */
  enum Jump {
    /** Bytes from the beginning of the code. */
    BYTES,
    /** Instructions from the beginning of the code. */
    INSTRUCTIONS,
    /** Instructions from the one after the jump. */
    FORWARD
  }

  /** Size of an instruction in bytes. */
  static final int UNIT = 2;

  /** Each release from 3.11 on has 50 numbers; before, they are close to each other. */
  static Optional<BytecodeForm> ofMagic(int magic) {
    if (magic < 3400 || magic >= 3650) {
      return Optional.empty();
    }
    if (magic < 3430) { // 3.8, 3.9
      return Optional.of(new BytecodeForm(108, 100, -1, 144, 114, Jump.BYTES, false));
    }
    if (magic < 3450) { // 3.10
      return Optional.of(new BytecodeForm(108, 100, -1, 144, 114, Jump.INSTRUCTIONS, false));
    }
    if (magic < 3550) { // 3.11, 3.12
      return Optional.of(new BytecodeForm(108, 100, -1, 144, 114, Jump.FORWARD, true));
    }
    return Optional.of(
        magic < 3600
            ? new BytecodeForm(75, 83, -1, 71, 97, Jump.FORWARD, true) // 3.13
            : new BytecodeForm(73, 82, 94, 69, 100, Jump.FORWARD, true)); // 3.14
  }

  /** Returns the place of a jump's target in the code, in bytes. */
  int target(int at, int argument) {
    return switch (jump) {
      case BYTES -> argument;
      case INSTRUCTIONS -> argument * UNIT;
      case FORWARD -> at + UNIT + argument * UNIT;
    };
  }
}
