package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.Descriptor;
import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.ErrnoException;
import dev.lazuli.bridge.kernel.Pidfd;
import dev.lazuli.bridge.kernel.Pipe;
import dev.lazuli.bridge.kernel.Spawn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A shell that inherited the descriptors. It waits, without waking up, for the end of a pipe whose
 * other end this process holds and nobody else: however this process ends, the shell notices. Then
 * it is patient for a while, and ends.
 *
 * <p>The file {@code keeper} says which process it is, so that the next daemon finds it and takes
 * copies of the descriptors from it.
 */
final class ProcessKeeper implements Keeper {
  private static final Path DEV_NULL = Path.of("/dev/null");
  private static final int FIRST_KEPT = 3;

  private static final String SCRIPT =
      """
      { echo -1000 > /proc/self/oom_score_adj; } 2> /dev/null
      read -r nothing
      exec sleep "$1"
      """;

  private final Path file;
  private final Duration patience;
  private @Nullable Child child;

  /** The process of ours that keeps, and the pipe's end that tells it that we live. */
  private record Child(long pid, Pidfd process, Descriptor life) {}

  ProcessKeeper(Path directory, Duration patience) {
    this.file = directory.resolve("keeper");
    this.patience = patience;
  }

  @Override
  public Map<String, Descriptor> take() throws IOException {
    var taken = new HashMap<String, Descriptor>();
    KeeperRecord former = KeeperRecord.read(file);
    try (Pidfd process = former == null ? null : former.find()) {
      if (former == null || process == null) {
        return taken;
      }
      for (var entry : former.numbers().entrySet()) {
        taken.put(entry.getKey(), process.copyDescriptor(entry.getValue()));
      }
      return taken;
    } catch (IOException e) {
      taken.values().forEach(Descriptor::close);
      throw e;
    }
  }

  @Override
  public void keep(Map<String, Descriptor> descriptors) throws IOException {
    KeeperRecord former = KeeperRecord.read(file);
    Child old = child;
    child = start(descriptors);
    if (old != null) {
      end(old);
    } else if (former != null) {
      kill(former);
    }
  }

  @Override
  public void release() throws IOException {
    KeeperRecord former = KeeperRecord.read(file);
    Child old = child;
    child = null;
    Files.deleteIfExists(file);
    if (old != null) {
      end(old);
    } else if (former != null) {
      kill(former);
    }
  }

  private Child start(Map<String, Descriptor> descriptors) throws IOException {
    var numbers = new LinkedHashMap<String, Integer>();
    try (var nothing = Descriptor.open(DEV_NULL, Descriptor.O_RDWR | Descriptor.O_CLOEXEC);
        var pipe = Pipe.open()) {
      List<Descriptor> inherited = new ArrayList<>(List.of(pipe.readEnd(), nothing, nothing));
      descriptors.forEach(
          (name, descriptor) -> {
            numbers.put(name, FIRST_KEPT + numbers.size());
            inherited.add(descriptor);
          });
      String seconds = Long.toString(Math.max(1, patience.toSeconds()));
      long pid = Spawn.start(List.of("/bin/sh", "-c", SCRIPT, "lazuli-keeper", seconds), inherited);
      // The copy is the only write end that lives on: the pipe's own is closed here.
      var started = new Child(pid, Pidfd.open(pid), pipe.writeEnd().duplicate(FIRST_KEPT));
      try {
        new KeeperRecord(pid, KeeperRecord.startTime(pid), numbers).write(file);
      } catch (IOException e) {
        end(started);
        throw e;
      }
      return started;
    }
  }

  private static void end(Child old) throws IOException {
    try {
      old.process().kill();
      Spawn.await(old.pid());
    } finally {
      old.process().close();
      old.life().close();
    }
  }

  private static void kill(KeeperRecord former) throws IOException {
    try (Pidfd process = former.find()) {
      if (process != null) {
        process.kill();
      }
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ESRCH) {
        throw e;
      }
    }
  }
}
