package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.ErrnoException;
import dev.lazuli.bridge.kernel.FileDescriptor;
import dev.lazuli.bridge.kernel.Pidfd;
import dev.lazuli.bridge.kernel.Pipe;
import dev.lazuli.bridge.kernel.Spawn;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A shell that inherited the descriptors. It waits, without waking up, for the end of a pipe whose
 * other end this process holds and nobody else: however this process ends, the shell notices. Then
 * it waits for a while, and ends.
 */
final class KeeperProcess {
  private static final Path DEV_NULL = Path.of("/dev/null");
  private static final int FIRST_KEPT = 3;

  /** The name of the threads that wait for a shell's end. */
  static final String WATCHER = "lazuli-keeper-watch";

  private static final long WATCHER_STACK_BYTES = 128 << 10;

  private static final String SCRIPT =
      """
      { echo -1000 > /proc/self/oom_score_adj; } 2> /dev/null
      read -r nothing
      exec sleep "$1"
      """;

  private final long pid;
  private final Map<String, Integer> numbers;
  private final Pidfd process;

  /** The pipe's end that tells the shell that this process is alive. */
  private final FileDescriptor life;

  private final CountDownLatch ended = new CountDownLatch(1);

  private KeeperProcess(
      long pid, Map<String, Integer> numbers, Pidfd process, FileDescriptor life) {
    this.pid = pid;
    this.numbers = numbers;
    this.process = process;
    this.life = life;
  }

  /** How to get a hold on a process. */
  interface Hold {
    Pidfd of(long pid) throws IOException;
  }

  /**
   * Starts a shell.
   *
   * @param patience how long it lives on without us
   * @param onEnd called with the process, by a thread of its own, once it has ended for any reason
   * @throws IOException if it cannot be started or held on to; then none is left
   */
  static KeeperProcess start(
      Map<String, FileDescriptor> descriptors, Duration patience, Consumer<KeeperProcess> onEnd)
      throws IOException {
    return start(descriptors, patience, onEnd, Pidfd::open);
  }

  static KeeperProcess start(
      Map<String, FileDescriptor> descriptors,
      Duration patience,
      Consumer<KeeperProcess> onEnd,
      Hold hold)
      throws IOException {
    var numbers = new LinkedHashMap<String, Integer>();
    try (var nothing =
            FileDescriptor.open(DEV_NULL, FileDescriptor.O_RDWR | FileDescriptor.O_CLOEXEC);
        var pipe = Pipe.open()) {
      List<FileDescriptor> inherited = new ArrayList<>(List.of(pipe.readEnd(), nothing, nothing));
      descriptors.forEach(
          (name, descriptor) -> {
            numbers.put(name, FIRST_KEPT + numbers.size());
            inherited.add(descriptor);
          });
      String seconds = Long.toString(Math.max(1, patience.toSeconds()));
      long pid = Spawn.start(List.of("/bin/sh", "-c", SCRIPT, "lazuli-keeper", seconds), inherited);
      return holdOn(pid, numbers, pipe, onEnd, hold);
    }
  }

  private static KeeperProcess holdOn(
      long pid, Map<String, Integer> numbers, Pipe pipe, Consumer<KeeperProcess> onEnd, Hold hold)
      throws IOException {
    Pidfd process = null;
    FileDescriptor life = null;
    boolean held = false;
    try {
      process = hold.of(pid);
      requireCopies(process);
      // The copy is the only write end that lives on: the pipe's own is closed by the caller.
      life = pipe.writeEnd().duplicate(FIRST_KEPT);
      var started = new KeeperProcess(pid, numbers, process, life);
      Thread.ofPlatform()
          .daemon()
          .name(WATCHER)
          .stackSize(WATCHER_STACK_BYTES)
          .start(() -> started.watch(onEnd));
      held = true;
      return started;
    } finally {
      if (!held) {
        giveUp(pid, process, life);
      }
    }
  }

  /** Otherwise readers would wait for a daemon that cannot get what the shell keeps for it. */
  private static void requireCopies(Pidfd process) throws IOException {
    try (var _ = process.copyDescriptor(/* its standard input */ 0)) {
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOSYS) {
        throw new IOException(
            "a process can keep connections on Linux 5.6 and newer only, a service manager's"
                + " store of descriptors on any",
            e);
      }
    }
  }

  /** Ends a shell that will not be watched: it would keep the connections alive by itself. */
  private static void giveUp(long pid, @Nullable Pidfd process, @Nullable FileDescriptor life)
      throws IOException {
    if (life != null) {
      life.close();
    }
    if (process != null) {
      process.close();
    }
    // By its number, which is its own until it has been waited for.
    var _ = ProcessHandle.of(pid).map(ProcessHandle::destroyForcibly);
    Spawn.await(pid);
  }

  /** Returns what the next daemon must know about the process. */
  KeeperRecord record() throws IOException {
    return new KeeperRecord(pid, KeeperRecord.startTime(pid), numbers);
  }

  private void watch(Consumer<KeeperProcess> onEnd) {
    try {
      Spawn.await(pid);
    } catch (ErrnoException e) {
      // Somebody else waited for it: it has ended all the same.
    }
    ended.countDown();
    onEnd.accept(this);
  }

  /** Kills the process and waits until it is gone. */
  void end() throws IOException {
    try {
      process.kill();
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ESRCH) {
        throw e;
      }
    } finally {
      close();
    }
    awaitEnd();
  }

  /** Lets go of a process that has ended. */
  void close() {
    process.close();
    life.close();
  }

  private void awaitEnd() {
    boolean interrupted = false;
    while (true) {
      try {
        ended.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String toString() {
    return "process " + pid;
  }
}
