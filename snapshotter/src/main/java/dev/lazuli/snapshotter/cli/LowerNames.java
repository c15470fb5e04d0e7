package dev.lazuli.snapshotter.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.bridge.kernel.ErrnoException;
import dev.lazuli.bridge.kernel.FileDescriptor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What the lower directories of an overlay are called when it is mounted. All options have to fit
 * one page: where the paths do not, the directories are held open and named by their numbers, which
 * leaves room for more than 200.
 */
final class LowerNames implements AutoCloseable {
  /** One page without the NUL at the end and {@code lowerdir=} at the beginning. */
  private static final int MOST_BYTES = 4095 - 9;

  private final List<FileDescriptor> held = new ArrayList<>();
  private String joined;

  private LowerNames(List<Path> directories) {
    joined = directories.stream().map(Path::toString).collect(Collectors.joining(":"));
  }

  /**
   * Names directories.
   *
   * @param directories nearest first; no path contains {@code ':'}, {@code ','} or a backslash
   */
  @MustBeClosed
  static LowerNames of(List<Path> directories) throws ErrnoException {
    var names = new LowerNames(directories);
    if (names.joined.getBytes(UTF_8).length > MOST_BYTES) {
      try {
        names.hold(directories);
      } catch (ErrnoException e) {
        names.close();
        throw e;
      }
    }
    return names;
  }

  private void hold(List<Path> directories) throws ErrnoException {
    for (var directory : directories) {
      held.add(FileDescriptor.open(directory, FileDescriptor.O_RDONLY | FileDescriptor.O_CLOEXEC));
    }
    joined =
        held.stream()
            .map(descriptor -> "/proc/self/fd/" + descriptor.number())
            .collect(Collectors.joining(":"));
  }

  /** Returns the names, separated by colons; they mean something until {@link #close}. */
  String joined() {
    return joined;
  }

  @Override
  public void close() {
    held.forEach(FileDescriptor::close);
    held.clear();
  }
}
