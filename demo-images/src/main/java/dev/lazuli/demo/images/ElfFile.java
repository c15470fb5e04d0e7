package dev.lazuli.demo.images;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * What the headers of an ELF file say about how it is loaded (System V ABI, "Object Files").
 *
 * @param interpreter the dynamic loader that a program names in {@code PT_INTERP}
 * @param dynamic whether there are shared libraries to be loaded with it
 */
record ElfFile(Optional<Path> interpreter, boolean dynamic) {
  private static final int MAGIC = 0x7F454C46; // "\x7FELF", big-endian
  private static final int CLASS_64 = 2;
  private static final int LITTLE_ENDIAN = 1;
  private static final int HEADER_64 = 64;
  private static final int PT_DYNAMIC = 2;
  private static final int PT_INTERP = 3;
  private static final int MAX_PATH = 4096;

  /** Reads a file's headers; empty if it is not a 64-bit ELF file. */
  static Optional<ElfFile> read(Path file) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      var header = bytes(channel, 0, HEADER_64);
      if (header.remaining() < HEADER_64
          || header.getInt(0) != MAGIC
          || header.get(4) != CLASS_64) {
        return Optional.empty();
      }
      var order = header.get(5) == LITTLE_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
      return Optional.of(segments(channel, header.order(order)));
    }
  }

  private static ElfFile segments(FileChannel channel, ByteBuffer header) throws IOException {
    var entrySize = Short.toUnsignedInt(header.getShort(54));
    var count = Short.toUnsignedInt(header.getShort(56));
    var table = bytes(channel, header.getLong(32), entrySize * count).order(header.order());
    Optional<Path> interpreter = Optional.empty();
    var dynamic = false;
    for (var at = 0; at + 56 <= table.remaining(); at += entrySize) {
      var type = table.getInt(at);
      if (type == PT_INTERP) {
        var size = (int) Math.min(MAX_PATH, table.getLong(at + 32));
        var path = UTF_8.decode(bytes(channel, table.getLong(at + 8), size)).toString();
        interpreter = Optional.of(Path.of(path.substring(0, path.indexOf('\0'))));
      }
      dynamic |= type == PT_DYNAMIC;
    }
    return new ElfFile(interpreter, dynamic);
  }

  private static ByteBuffer bytes(FileChannel channel, long offset, int length) throws IOException {
    var buffer = ByteBuffer.allocate(length);
    var at = offset;
    for (int count; buffer.hasRemaining() && (count = channel.read(buffer, at)) > 0; ) {
      at += count;
    }
    return buffer.flip();
  }
}
