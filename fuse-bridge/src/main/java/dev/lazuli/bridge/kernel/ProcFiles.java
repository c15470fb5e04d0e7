package dev.lazuli.bridge.kernel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads files of {@code /proc}. Names of processes and mounts in them are bytes that their owners
 * chose, in any encoding or none; a process's name may even be cut within a character. Here each
 * byte is one {@code char}, so that no name can make reading fail, and {@link #name(Path)} gives a
 * path of our own in the same form to compare with.
 */
public final class ProcFiles {
  private ProcFiles() {}

  /**
   * Returns a whole file, a {@code char} for each byte.
   *
   * @throws IOException if it is not there, or its process ended while it was read
   */
  public static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), ISO_8859_1);
  }

  /**
   * Returns the lines of a file, a {@code char} for each byte.
   *
   * @throws IOException if it is not there, or its process ended while it was read
   */
  public static List<String> lines(Path file) throws IOException {
    // Not String.lines(), to which a carriage return in a name would end the line.
    var lines = List.of(text(file).split("\n", -1));
    return lines.getLast().isEmpty() ? lines.subList(0, lines.size() - 1) : lines;
  }

  /** Returns a path of our own as the files have it: the bytes that system calls are given. */
  public static String name(Path path) {
    return new String(path.toString().getBytes(UTF_8), ISO_8859_1);
  }
}
