package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.ErrnoException;
import dev.lazuli.bridge.kernel.Pidfd;
import dev.lazuli.bridge.kernel.ProcFiles;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which process keeps, as its file says: {@code pid start-time}, then a line {@code number name}
 * per descriptor.
 *
 * @param startTime in the kernel's ticks since boot; with it a process is told from a later one of
 *     the same number
 * @param numbers the process's descriptors by name
 */
record KeeperRecord(long pid, long startTime, Map<String, Integer> numbers) {
  /** Where {@code starttime} stands in /proc/pid/stat after the name's closing parenthesis. */
  private static final int START_TIME_AFTER_NAME = 20;

  /**
   * Reads a record.
   *
   * @return null if there is none
   * @throws IOException if the file cannot be read, or is not a keeper's record
   */
  static @Nullable KeeperRecord read(Path file) throws IOException {
    try {
      List<String> lines = Files.readAllLines(file);
      String[] process = lines.getFirst().split(" ", -1);
      var numbers = new LinkedHashMap<String, Integer>();
      for (String line : lines.subList(1, lines.size())) {
        String[] entry = line.split(" ", -1);
        numbers.put(entry[1], number(entry[0]));
      }
      return new KeeperRecord(number(process[0]), Long.parseLong(process[1]), Map.copyOf(numbers));
    } catch (NoSuchFileException e) {
      return null;
    } catch (CharacterCodingException | RuntimeException e) {
      throw new IOException(file + " is not a keeper's record", e);
    }
  }

  /** The kernel would cut a larger number than these, to that of some other process. */
  private static int number(String text) {
    int number = Integer.parseInt(text);
    if (number < 0) {
      throw new IllegalArgumentException(text + " is negative");
    }
    return number;
  }

  void write(Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(pid + " " + startTime);
    numbers.forEach((name, number) -> lines.add(number + " " + name));
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.write(fresh, lines);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Returns a hold on the process; null if it has ended, whoever has its number now. */
  @Nullable Pidfd find() throws IOException {
    if (pid == 0 || startTime < 0) {
      return null; // It had ended before it was written down.
    }
    Pidfd process;
    try {
      process = Pidfd.open(pid);
    } catch (ErrnoException e) {
      return switch (e.errno()) {
        case Errno.ESRCH -> null;
        // It is the number of a thread of another process now; which one depends on the kernel.
        case Errno.EINVAL, Errno.ENOENT -> null;
        default -> throw e;
      };
    }
    // Asked only now that the number cannot change hands any more.
    if (startTime(pid) == startTime) {
      return process;
    }
    process.close();
    return null;
  }

  /** Returns when a process started, in the kernel's ticks since boot; -1 if there is none. */
  static long startTime(long pid) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    try {
      String stat = ProcFiles.text(process.resolve("stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 1).split(" ", -1);
      return Long.parseLong(fields[START_TIME_AFTER_NAME]);
    } catch (IOException e) {
      // It may end between the opening of its file and the reading.
      if (Files.notExists(process)) {
        return -1;
      }
      throw e;
    }
  }
}
