package dev.lazuli.demo.containerd;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class CommandTest {
  @Test
  void run_capturesBothStreamsAndTheStatus() throws Exception {
    var result = Command.of("sh", "-c", "echo out; echo err >&2; exit 3").run();

    assertThat(result.output()).isEqualTo("out\n");
    assertThat(result.errors()).isEqualTo("err\n");
    assertThat(result.exitStatus()).isEqualTo(3);
  }

  @Test
  void environmentAndDirectory_areTheCommands() throws Exception {
    var command = Command.of("sh", "-c", "echo $WORD; pwd").withEnvironment("WORD", "x");

    assertThat(command.in(Path.of("/")).check().output()).isEqualTo("x\n/\n");
  }

  @Test
  void check_throwsWithTheErrors() {
    assertThatThrownBy(() -> Command.of("sh", "-c", "echo reason >&2; exit 1").check())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("exit status 1: reason");
  }

  @Test
  void commandThatHangs_isKilledWithItsChildren() {
    var command = Command.of("sh", "-c", "sleep 4321 & wait").within(Duration.ofSeconds(1));

    assertThatThrownBy(command::run).hasMessageContaining("still running");

    assertThat(sleeping(4321)).allSatisfy(child -> child.onExit().get(60, SECONDS));
  }

  private static Stream<ProcessHandle> sleeping(int seconds) {
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().commandLine().orElse("").endsWith("sleep " + seconds));
  }

  @Test
  void childThatKeepsTheOutputOpen_doesNotHoldUsUp() throws Exception {
    var result = Command.of("sh", "-c", "sleep 300 & echo $!").run();

    var child = ProcessHandle.of(Long.parseLong(result.output().strip())).orElseThrow();
    assertThat(child.destroy()).as("it still ran").isTrue();
  }
}
