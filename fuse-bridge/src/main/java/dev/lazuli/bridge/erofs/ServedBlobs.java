package dev.lazuli.bridge.erofs;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lazuli.bridge.kernel.FileDescriptor;
import dev.lazuli.bridge.kernel.MountProgram;
import dev.lazuli.bridge.kernel.Mounts;
import dev.lazuli.bridge.kernel.Pidfd;
import dev.lazuli.bridge.kernel.Pipe;
import dev.lazuli.bridge.kernel.Spawn;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mounts and opens files of our own FUSE mounts by processes other than ours, because a daemon that
 * is killed while it waits for its own answer does not end ({@link MountProgram}). Where no other
 * process can do it, we do it ourselves. Safe for use by several threads.
 */
public final class ServedBlobs implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ServedBlobs.class);

  /** Opens a file, says so, and keeps it open until its standard input ends, or we do. */
  private static final String OPENER = "exec 3< \"$1\" && echo && read -r nothing";

  private static final int OPENED = 3;
  private static final int MOST_TRIES = 2;

  private final @Nullable MountProgram program;

  private ServedBlobs(@Nullable MountProgram program) {
    this.program = program;
  }

  /**
   * Writes the program that mounts; if that fails, logs why, and this process mounts.
   *
   * @param file where to put the program; on a file system from which programs may be run
   */
  public static ServedBlobs with(Path file) {
    try {
      return new ServedBlobs(MountProgram.write(file));
    } catch (IOException e) {
      log.warn("{}: layers are mounted by the daemon's own process", e.getMessage());
      return new ServedBlobs(null);
    }
  }

  /**
   * Mounts an EROFS image as {@link ErofsMount#mount} does, with data of our own FUSE mount.
   *
   * @param image a file made by {@link ErofsWriter}
   * @param blob the file of our mount that stands for the data
   * @param target an existing directory
   * @throws IOException if the kernel refuses, or a path cannot be written as a mount option
   */
  public void mount(ErofsMount.Backing backing, Path image, Path blob, Path target)
      throws IOException {
    switch (backing) {
      case FILE ->
          mountFile(
              image.toAbsolutePath().toString(), target.toAbsolutePath(), ErofsMount.device(blob));
      case LOOP -> {
        // Through a loop device's page cache a slow miss would hold up all other reads; but around
        // the cache of a local disk each small file would cost a read of the disk.
        try (var imageDevice = LoopDevice.attach(image);
            var open = open(blob);
            var dataDevice = LoopDevice.attachDirectly(blob, open)) {
          ErofsMount.mountInProcess(imageDevice.path(), dataDevice.path(), target);
        }
      }
    }
  }

  void mountFile(String image, Path target, String options) throws IOException {
    if (program != null) {
      try {
        mountOutside(program, image, target, options);
        return;
      } catch (MountProgram.CannotRunException e) {
        log.warn("mounted by the daemon's own process instead: {}", e.getMessage());
      }
    }
    Mounts.mount(image, target, "erofs", MountProgram.FLAGS, options);
  }

  /**
   * If the program is killed, we do not mount instead: what killed it, such as a filter of system
   * calls, might kill us as well.
   */
  private static void mountOutside(MountProgram program, String image, Path target, String options)
      throws IOException {
    for (int tries = 1; ; tries++) {
      try {
        program.mount(image, target, "erofs", options);
        return;
      } catch (MountProgram.KilledException e) {
        var _ = ErofsMount.unmount(target); // It may have mounted before it was killed.
        if (tries == MOST_TRIES) {
          throw e;
        }
        log.warn("{}; trying once more", e.getMessage());
      }
    }
  }

  /** Opens a served file for reading. */
  FileDescriptor open(Path blob) throws IOException {
    try {
      return openOutside(blob);
    } catch (IOException e) {
      log.warn("opened by the daemon's own process instead: {}", e.getMessage());
      return FileDescriptor.open(blob, FileDescriptor.O_RDONLY | FileDescriptor.O_CLOEXEC);
    }
  }

  private static FileDescriptor openOutside(Path blob) throws IOException {
    long pid = 0;
    try (var life = Pipe.open();
        var said = Pipe.open()) {
      var command = List.of("/bin/sh", "-c", OPENER, "lazuli-open", blob.toString());
      pid = Spawn.start(command, List.of(life.readEnd(), said.writeEnd(), said.writeEnd()));
      said.writeEnd().close();
      awaitLine(said.readEnd(), blob);
      try (var process = Pidfd.open(pid)) {
        return process.copyDescriptor(OPENED);
      }
    } finally {
      // The shell ends with its pipe.
      if (pid != 0) {
        Spawn.await(pid);
      }
    }
  }

  private static void awaitLine(FileDescriptor said, Path blob) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment first = arena.allocate(1);
      long read = said.read(first, FileDescriptor.newCallState(arena));
      if (read != 1 || first.get(JAVA_BYTE, 0) != '\n') {
        throw new IOException(blob + " was not opened by another process");
      }
    }
  }

  @Override
  public void close() throws IOException {
    if (program != null) {
      program.close();
    }
  }
}
