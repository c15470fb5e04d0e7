package dev.lazuli.bridge.fuse;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.bridge.kernel.FileDescriptor;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Keeps an ordinary file, of which a copy is told by {@code /proc/self/fd}. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ProcessKeeperTest {
  @TempDir Path directory;

  private ProcessKeeper keeper;
  private Path file;

  @BeforeEach
  void open() throws IOException {
    keeper = new ProcessKeeper(directory, Duration.ofSeconds(1));
    file = Files.createFile(directory.resolve("file")).toRealPath();
  }

  @AfterEach
  void release() throws IOException {
    keeper.release();
  }

  private void keep() throws IOException {
    // Closed at once: what is kept is a copy.
    try (var descriptor = FileDescriptor.open(file, FileDescriptor.O_RDONLY)) {
      keeper.keep(Map.of("a.name", descriptor));
    }
  }

  private Path takenByTheNext() throws IOException {
    var taken = new ProcessKeeper(directory, Duration.ofSeconds(1)).take();
    try {
      assertThat(taken).containsOnlyKeys("a.name");
      return Files.readSymbolicLink(
          Path.of("/proc/self/fd", Integer.toString(requireNonNull(taken.get("a.name")).number())));
    } finally {
      taken.values().forEach(FileDescriptor::close);
    }
  }

  private ProcessHandle process() throws IOException {
    KeeperRecord record = requireNonNull(KeeperRecord.read(directory.resolve("keeper")));
    return ProcessHandle.of(record.pid()).orElseThrow();
  }

  private ProcessHandle processAfter(ProcessHandle killed) throws Exception {
    Eventually.until(
        () -> {
          var record = KeeperRecord.read(directory.resolve("keeper"));
          return record != null && record.pid() != killed.pid();
        });
    return process();
  }

  @Test
  void kept_isTakenByTheNext() throws Exception {
    keep();

    assertThat(takenByTheNext()).isEqualTo(file);
  }

  @Test
  void processThatDies_isReplaced_againAndAgain() throws Exception {
    keep();
    ProcessHandle first = process();

    first.destroyForcibly();
    ProcessHandle second = processAfter(first);
    assertThat(takenByTheNext()).isEqualTo(file);

    second.destroyForcibly();
    ProcessHandle third = processAfter(second);
    assertThat(third.isAlive()).isTrue();
    assertThat(takenByTheNext()).isEqualTo(file);
  }

  @Test
  void release_endsTheProcess_forGood() throws Exception {
    keep();
    ProcessHandle process = process();

    var watchers = watchers();

    keeper.release();

    assertThat(process.isAlive()).isFalse();
    // Who would start another process does it before it ends.
    for (var watcher : watchers) {
      watcher.join();
    }
    assertThat(directory.resolve("keeper")).doesNotExist();
    assertThat(holders()).isEmpty();
  }

  @Test
  void processThatCannotBeHeld_isEnded() throws Exception {
    try (var descriptor = FileDescriptor.open(file, FileDescriptor.O_RDONLY)) {
      var started = new AtomicLong();

      assertThatThrownBy(
              () ->
                  KeeperProcess.start(
                      Map.of("a.name", descriptor),
                      Duration.ofMinutes(5),
                      _ -> {},
                      pid -> {
                        started.set(pid);
                        throw new IOException("no descriptor left");
                      }))
          .hasMessage("no descriptor left");

      assertThat(ProcessHandle.of(started.get())).isEmpty();
    }
    assertThat(holders()).isEmpty();
  }

  private static List<Thread> watchers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(KeeperProcess.WATCHER))
        .toList();
  }

  /** Returns the processes that have the kept file open. */
  private List<Path> holders() throws IOException {
    var holders = new ArrayList<Path>();
    try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (var process : processes) {
        if (holds(process)) {
          holders.add(process);
        }
      }
    }
    return holders;
  }

  private boolean holds(Path process) {
    try (var descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
      for (var descriptor : descriptors) {
        if (Files.readSymbolicLink(descriptor).equals(file)) {
          return true;
        }
      }
      return false;
    } catch (IOException | DirectoryIteratorException e) {
      return false; // It has ended, or closed what was to be looked at.
    }
  }

  @Test
  void keepingAnew_endsTheFormerProcess() throws Exception {
    keep();
    ProcessHandle former = process();

    keep();

    assertThat(former.isAlive()).isFalse();
    assertThat(process().isAlive()).isTrue();
    assertThat(takenByTheNext()).isEqualTo(file);
  }

  @Test
  void keeperWhoseNumberAThreadHasNow_hasEnded() throws IOException {
    String self = Long.toString(ProcessHandle.current().pid());
    String thread;
    try (var tasks = Files.list(Path.of("/proc/self/task"))) {
      thread =
          tasks
              .map(task -> task.getFileName().toString())
              .filter(name -> !name.equals(self))
              .findAny()
              .orElseThrow();
    }
    Files.writeString(directory.resolve("keeper"), thread + " 1\n3 a.name\n");

    assertThat(keeper.take()).isEmpty();
  }
}
