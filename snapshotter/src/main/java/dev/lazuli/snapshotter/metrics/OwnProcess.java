package dev.lazuli.snapshotter.metrics;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** This process as the kernel counts it, from {@code /proc/self} (proc(5)). */
public final class OwnProcess {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  private OwnProcess() {}

  /** Returns the memory that is in RAM, in bytes. */
  public static long residentBytes() {
    return status("VmRSS:") * 1024;
  }

  /** Returns the most memory that ever was in RAM, in bytes. */
  public static long peakResidentBytes() {
    return status("VmHWM:") * 1024;
  }

  /** Returns the number of the system's threads. */
  public static long threads() {
    return status("Threads:");
  }

  /** Returns how many file descriptors are open. */
  public static long openFiles() {
    try (Stream<Path> entries = Files.list(DESCRIPTORS)) {
      return entries.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns how many file descriptors may be open; {@link Long#MAX_VALUE} for no limit. */
  public static long maxOpenFiles() {
    var soft = number(LIMITS, "Max open files");
    return soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft);
  }

  private static long status(String field) {
    return Long.parseLong(number(STATUS, field));
  }

  /** Returns the first word behind a field, 0 for a field that this kernel does not have. */
  private static String number(Path file, String field) {
    try (Stream<String> lines = Files.lines(file, ISO_8859_1)) {
      return lines
          .filter(line -> line.startsWith(field))
          .map(line -> line.substring(field.length()).strip().replaceFirst("\\s.*", ""))
          .findFirst()
          .orElse("0");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
