package dev.lazuli.estargz.ztoc;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes FlatBuffers, front to back: each object's parts behind it. */
public final class FlatWriter {
  private final ByteBuffer out = ByteBuffer.allocate(4 << 20).order(ByteOrder.LITTLE_ENDIAN);

  private FlatWriter() {}

  /**
   * A table.
   *
   * @param fields {@code Byte}, {@code Integer} or {@code Long}; a table, a text, bytes, or a list
   *     of tables or texts; null for what is left out
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Table(@Nullable Object... fields) {}

  /** Returns the file of a table. */
  public static byte[] write(Table root) {
    var writer = new FlatWriter();
    writer.out.putInt(0);
    writer.point(0, root);
    return Arrays.copyOf(writer.out.array(), writer.out.position());
  }

  private void point(int from, Object to) {
    int target = out.position() + (to instanceof Table table ? 4 + 2 * table.fields.length : 0);
    out.putInt(from, target - from);
    switch (to) {
      case Table table -> table(table.fields);
      case String text -> bytes(text.getBytes(UTF_8));
      case byte[] bytes -> bytes(bytes);
      case List<?> list -> list(list);
      default -> throw new IllegalArgumentException(to.toString());
    }
  }

  private void bytes(byte[] bytes) {
    out.putInt(bytes.length).put(bytes).put((byte) 0);
  }

  private void list(List<?> list) {
    out.putInt(list.size());
    int first = out.position();
    out.position(first + 4 * list.size());
    for (int i = 0; i < list.size(); i++) {
      point(first + 4 * i, list.get(i));
    }
  }

  private void table(@Nullable Object[] fields) {
    int offsets = out.position();
    int size = 4;
    out.putShort((short) (4 + 2 * fields.length));
    int sizeAt = out.position();
    out.putShort((short) 0);
    for (var field : fields) {
      out.putShort((short) (field == null ? 0 : size));
      size += inline(field);
    }
    out.putShort(sizeAt, (short) size);
    int place = out.position();
    out.putInt(place - offsets);
    out.position(place + size);
    int at = place + 4;
    for (var field : fields) {
      switch (field) {
        case null -> {}
        case Byte number -> out.put(at, number);
        case Integer number -> out.putInt(at, number);
        case Long number -> out.putLong(at, number);
        default -> point(at, field);
      }
      at += inline(field);
    }
  }

  private static int inline(@Nullable Object field) {
    return switch (field) {
      case null -> 0;
      case Byte _ -> 1;
      case Long _ -> 8;
      default -> 4;
    };
  }
}
