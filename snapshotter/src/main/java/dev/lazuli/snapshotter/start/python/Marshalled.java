package dev.lazuli.snapshotter.start.python;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads Python's marshal format, as far as code objects need it. Text stays where it is in the
 * file, and what is of no use becomes {@link Nothing}. Used by one thread.
 *
 * @see <a href="https://github.com/python/cpython/blob/main/Python/marshal.c">marshal.c</a>
 */
final class Marshalled {
  /** Compilers nest functions and tuples a few levels deep. */
  private static final int MOST_DEPTH = 100;

  /** The largest modules of the usual packages have fewer; each takes some 60 bytes of heap. */
  private static final int MOST_VALUES = 1 << 17;

  /** As long as a file's name may be. */
  private static final int MOST_NAME_BYTES = 255;

  private static final int FLAG_REF = 0x80;

  /** What was read. */
  sealed interface Value {}

  /** Anything of no use here. */
  record Nothing() implements Value {}

  /** A whole number of 32 bits. */
  record Whole(int value) implements Value {}

  /** A place in the file that has text or code. */
  record Bytes(int at, int length) implements Value {}

  /** Several values. */
  record Tuple(List<Value> values) implements Value {
    Value at(int index) {
      return index >= 0 && index < values.size() ? values.get(index) : NOTHING;
    }
  }

  /** A code object: its instructions, constants and names. */
  record Code(Value code, Value constants, Value names) implements Value {}

  static final Value NOTHING = new Nothing();

  private final ByteBuffer file;
  private final boolean localsPlus;
  private final List<Value> references = new ArrayList<>();
  private int valuesLeft = MOST_VALUES;

  /** Reads from the buffer's position on, which is little-endian. */
  Marshalled(ByteBuffer file, boolean localsPlus) {
    this.file = file;
    this.localsPlus = localsPlus;
  }

  /**
   * Reads the next value.
   *
   * @throws BufferUnderflowException if the file ends in it
   * @throws IllegalArgumentException if it is of no kind that compilers write, or there are more
   *     values than they do
   */
  Value read() {
    return read(0);
  }

  private Value read(int depth) {
    if (depth > MOST_DEPTH) {
      throw new IllegalArgumentException("values are nested too deep");
    }
    if (--valuesLeft < 0) {
      throw new IllegalArgumentException("more than " + MOST_VALUES + " values");
    }
    int type = file.get() & 0xff;
    int place = -1;
    if ((type & FLAG_REF) != 0) {
      place = references.size();
      references.add(NOTHING); // Takes its number before what it holds does.
    }
    Value value = read((char) (type & ~FLAG_REF), depth);
    if (place >= 0) {
      references.set(place, value);
    }
    return value;
  }

  private Value read(char type, int depth) {
    return switch (type) {
      case '0', 'N', 'F', 'T', 'S', '.' -> NOTHING;
      case 'i' -> new Whole(file.getInt());
      case 'I', 'g' -> skip(8);
      case 'y' -> skip(16);
      case 'l' -> skip(2L * Math.abs((long) file.getInt()));
      case 'f' -> skip(file.get() & 0xff);
      case 's', 't', 'u', 'a', 'A' -> bytes(file.getInt());
      case 'z', 'Z' -> bytes(file.get() & 0xff);
      case 'r' -> reference(file.getInt());
      case ')' -> tuple(file.get() & 0xff, depth);
      case '(', '[', '<', '>' -> tuple(file.getInt(), depth);
      case ':' -> tuple(3, depth);
      case 'c' -> code(depth);
      default -> throw new IllegalArgumentException("unknown type of value " + (int) type);
    };
  }

  private Value skip(long bytes) {
    if (bytes > file.remaining()) {
      throw new BufferUnderflowException();
    }
    file.position(file.position() + (int) bytes);
    return NOTHING;
  }

  private Value bytes(int length) {
    if (length < 0) {
      throw new IllegalArgumentException("a text of " + length + " bytes");
    }
    int at = file.position();
    skip(length);
    return new Bytes(at, length);
  }

  private Value reference(int place) {
    return place >= 0 && place < references.size() ? references.get(place) : NOTHING;
  }

  private Value tuple(int count, int depth) {
    if (count < 0 || count > file.remaining()) { // Each value takes a byte.
      throw new BufferUnderflowException();
    }
    // Lists of one or two are the most frequent, and Java would make room for ten.
    var values = new ArrayList<Value>(Math.min(count, 2));
    for (int i = 0; i < count; i++) {
      values.add(read(depth + 1));
    }
    return new Tuple(values);
  }

  private Value code(int depth) {
    skip(localsPlus ? 5 * Integer.BYTES : 6 * Integer.BYTES);
    var code = new Code(read(depth + 1), read(depth + 1), read(depth + 1));
    // Names of variables, file, name, and from 3.11 on the qualified name.
    for (int i = 0; i < 5; i++) {
      read(depth + 1);
    }
    file.getInt(); // The first line's number.
    read(depth + 1); // The table of lines.
    if (localsPlus) {
      read(depth + 1); // The table of exceptions.
    }
    return code;
  }

  /** Returns whether a value is a text; makes no copy of it. */
  boolean isText(Value value, byte[] text) {
    return value instanceof Bytes(int at, int length)
        && length == text.length
        && file.slice(at, length).equals(ByteBuffer.wrap(text));
  }

  /** Returns the text of a value; empty if it is not a text, or too long for a name. */
  String text(Value value) {
    return value instanceof Bytes(int at, int length) && length <= MOST_NAME_BYTES
        ? new String(file.array(), file.arrayOffset() + at, length, StandardCharsets.UTF_8)
        : "";
  }
}
