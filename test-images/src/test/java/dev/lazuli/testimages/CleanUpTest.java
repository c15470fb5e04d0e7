package dev.lazuli.testimages;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.testimages.waiting.Eventually;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

final class CleanUpTest {
  @Test
  void signal_closesWhatIsOpen_andEndsForgottenProcesses() throws Exception {
    var words = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
    words.addAll(List.of("-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path")));
    words.add(Interrupted.class.getName());
    var process = new ProcessBuilder(words).redirectErrorStream(true).start();
    try (var output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      var directory = Path.of(output.readLine());
      var forgotten = Path.of("/proc", output.readLine(), "cmdline");
      assertThat(directory).exists();
      assertThat(Files.readString(forgotten)).contains("sleep");

      process.toHandle().destroy(); // closes no streams

      assertThat(output.readAllLines()).containsExactly("last", "first");
      assertThat(process.waitFor()).isEqualTo(128 + 15);
      assertThat(directory).doesNotExist();
      Eventually.until(() -> isGone(forgotten));
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  /** Without its words, a process has ended and only waits for somebody to ask how. */
  private static boolean isGone(Path words) {
    try {
      return Files.readString(words).isEmpty();
    } catch (IOException e) {
      return true;
    }
  }

  /** Opens things and waits for the signal. */
  static final class Interrupted {
    private Interrupted() {}

    public static void main(String[] args) throws Exception {
      try (var cleanUp = new CleanUp()) {
        System.out.println(cleanUp.directory("lzc"));
        AutoCloseable _ = cleanUp.open(() -> () -> System.out.println("first"));
        AutoCloseable _ = cleanUp.open(() -> () -> System.out.println("last"));
        System.out.println(new ProcessBuilder("sleep", "600").start().pid());
        System.out.flush();
        new CountDownLatch(1).await();
      }
    }
  }

  @Test
  void whatFails_keepsNothingElseOpen() throws Exception {
    var closed = new ArrayList<String>();
    var cleanUp = new CleanUp();
    AutoCloseable _ = cleanUp.open(() -> () -> closed.add("first"));
    AutoCloseable _ =
        cleanUp.open(
            () ->
                () -> {
                  throw new IOException("busy");
                });
    AutoCloseable _ = cleanUp.open(() -> () -> closed.add("last"));

    assertThatThrownBy(cleanUp::close).hasMessageContaining("busy");

    assertThat(closed).containsExactly("last", "first");
    assertThatThrownBy(() -> cleanUp.change(() -> closed.add("late")))
        .isInstanceOf(IOException.class);
    cleanUp.close();
    assertThat(closed).hasSize(2);
  }
}
