package dev.lazuli.snapshotter.start.python;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lazuli.snapshotter.start.python.Marshalled.Bytes;
import dev.lazuli.snapshotter.start.python.Marshalled.Code;
import dev.lazuli.snapshotter.start.python.Marshalled.Tuple;
import dev.lazuli.snapshotter.start.python.Marshalled.Value;
import dev.lazuli.snapshotter.start.python.Marshalled.Whole;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the imports that a module's byte code runs when it is loaded, except inside {@code if
 * TYPE_CHECKING}: of CPython 3.8 to 3.14. One pass over the instructions; used by one thread.
 */
public final class PythonBytecode {
  /** Magic number, flags, and either time and size of the source or its hash (PEP 552). */
  public static final int HEADER_BYTES = 16;

  private static final int FLAGS_AT = 4;
  private static final int SECONDS_AT = 8;
  private static final int SIZE_AT = 12;
  private static final byte[] TYPE_CHECKING = "TYPE_CHECKING".getBytes(US_ASCII);

  private final BytecodeForm form;
  private final ByteBuffer file;
  private final Marshalled values;
  private final Code code;
  private final int most;
  private final List<ImportedName> found = new ArrayList<>();
  private Value last = Marshalled.NOTHING;
  private Value before = Marshalled.NOTHING;
  private boolean isChecking;
  private int namesLeft;

  private PythonBytecode(
      BytecodeForm form, ByteBuffer file, Marshalled values, Code code, int most) {
    this.form = form;
    this.file = file;
    this.values = values;
    this.code = code;
    this.most = most;
    this.namesLeft = most;
  }

  /**
   * Returns whether an interpreter takes the byte code instead of the source.
   *
   * @param head the file's first {@value #HEADER_BYTES} bytes
   * @param sourceSeconds when the source was changed, in seconds since 1970
   * @param sourceSize the source's size in bytes
   */
  public static boolean isFresh(byte[] head, long sourceSeconds, long sourceSize) {
    if (head.length < HEADER_BYTES) {
      return false;
    }
    var header = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
    return header.getInt(FLAGS_AT) != 0 // Hashes are checked only where somebody asks for it.
        || (header.getInt(SECONDS_AT) == (int) sourceSeconds
            && header.getInt(SIZE_AT) == (int) sourceSize);
  }

  /**
   * Returns the imports in order; none for a file that is damaged or of another release.
   *
   * @param content the whole file
   * @param most how many to return at most, and how many names of parts in all
   */
  public static List<ImportedName> imports(byte[] content, int most) {
    if (content.length < HEADER_BYTES) {
      return List.of();
    }
    var file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    var form = BytecodeForm.ofMagic(Short.toUnsignedInt(file.getShort(0)));
    if (form.isEmpty()) {
      return List.of();
    }
    try {
      var values = new Marshalled(file.position(HEADER_BYTES), form.get().localsPlus());
      return values.read() instanceof Code code
          ? new PythonBytecode(form.get(), file, values, code, most).scan()
          : List.of();
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      return List.of(); // The interpreter will complain.
    }
  }

  private List<ImportedName> scan() {
    if (!(code.code() instanceof Bytes(int start, int length))) {
      return found;
    }
    int extended = 0;
    for (int at = 0; at + 1 < length && found.size() < most; at += BytecodeForm.UNIT) {
      int operation = file.get(start + at) & 0xff;
      int argument = extended | (file.get(start + at + 1) & 0xff);
      extended = operation == form.extendedArg() ? argument << 8 : 0;
      if (operation == form.popJumpIfFalse() && isChecking) {
        at = Math.max(at, form.target(at, argument) - BytecodeForm.UNIT);
        isChecking = false;
      } else {
        instruction(operation, argument);
      }
    }
    return found;
  }

  private void instruction(int operation, int argument) {
    if (operation == form.loadConst()) {
      loaded(code.constants() instanceof Tuple all ? all.at(argument) : Marshalled.NOTHING);
    } else if (operation == form.loadSmallInt()) {
      loaded(new Whole(argument));
    } else if (operation == form.importName()) {
      imported(argument);
    } else if (operation != form.extendedArg() && argument != 0) {
      isChecking = isTypeChecking(argument) || isTypeChecking(argument >> 1);
    }
  }

  private void loaded(Value value) {
    before = last;
    last = value;
    isChecking = false;
  }

  /** Some instructions for names keep a flag in the argument's lowest bit. */
  private boolean isTypeChecking(int name) {
    return values.isText(name(name), TYPE_CHECKING);
  }

  private Value name(int index) {
    return code.names() instanceof Tuple names ? names.at(index) : Marshalled.NOTHING;
  }

  private void imported(int index) {
    String module = values.text(name(index));
    int level = before instanceof Whole(int value) ? value : 0;
    var names = new ArrayList<String>();
    if (last instanceof Tuple list) {
      for (int i = 0; i < list.values().size() && namesLeft > 0; i++, namesLeft--) {
        names.add(values.text(list.at(i)));
      }
    }
    if (level >= 0 && (level > 0 || !module.isEmpty())) {
      found.add(new ImportedName(module, level, names));
    }
  }
}
