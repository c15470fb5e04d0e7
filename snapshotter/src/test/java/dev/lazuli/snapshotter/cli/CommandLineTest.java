package dev.lazuli.snapshotter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.status.Content;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.StatusServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;

final class CommandLineTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return run(() -> {}, args);
  }

  private int run(Work work, String... args) {
    var line = Main.commandLine();
    line.addSubcommand("work", new WorkCommand(work));
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    line.setColorScheme(Help.defaultColorScheme(Ansi.OFF));
    return line.execute(args);
  }

  private interface Work {
    void run() throws Exception;
  }

  @Command(name = "work")
  private record WorkCommand(Work work) implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
      work.run();
      return 0;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "version --help", "config check -h", "completion --help"})
  void help_isPrintedOnStandardOutput(String args) {
    assertThat(run(args.split(" ", -1))).isZero();
    assertThat(out.toString()).startsWith("Usage: lazuli");
    assertThat(err.toString()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"version", "--version", "-V"})
  void version_namesLazuliJavaAndKernel(String args) {
    assertThat(run(args)).isZero();
    assertThat(out.toString().lines().map(line -> line.split(" ", -1)[0]))
        .containsExactly("lazuli", "java", "kernel");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "config",
        "versoin",
        "--no-such",
        "version extra",
        "completion",
        "completion fish"
      })
  void wrongUsage_isOneLineAndWhereToReadMore(String args) {
    assertThat(run(args.isEmpty() ? new String[0] : args.split(" ", -1))).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines().filter(line -> !line.startsWith("Did you mean")))
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).matches("lazuli.*: .*|See: lazuli.* --help"));
  }

  @Test
  void misspeltCommand_getsASuggestion() {
    run("versoin");
    assertThat(err.toString()).contains("Did you mean: lazuli version");
  }

  @Test
  void failure_isOneLineWithoutStackTrace() {
    assertThat(
            run(
                () -> {
                  throw new IOException("read of sha256:ab: status 416");
                },
                "work"))
        .isEqualTo(1);
    assertThat(err.toString()).isEqualTo("lazuli: read of sha256:ab: status 416\n");
  }

  @Test
  void failure_showsItsStackTraceWhenVerbose() {
    assertThat(
            run(
                () -> {
                  throw new IOException("no luck");
                },
                "-v",
                "work"))
        .isEqualTo(1);
    assertThat(err.toString()).startsWith("lazuli: no luck\njava.io.IOException: no luck\n\tat ");
  }

  @Test
  void bareFileNameOfTheJdk_becomesASentence() {
    run(
        () -> {
          throw new NoSuchFileException("/data/x");
        },
        "work");
    assertThat(err.toString()).isEqualTo("lazuli: no such file: /data/x\n");
  }

  @Test
  void defect_isCalledAnInternalError() {
    assertThat(
            run(
                () -> {
                  throw new IllegalStateException("slot 3 twice");
                },
                "work"))
        .isEqualTo(1);
    assertThat(err.toString())
        .isEqualTo(
            "lazuli: internal error: java.lang.IllegalStateException: slot 3 twice (-v shows"
                + " where)\n");
  }

  @Test
  void completion_isAScriptThatKnowsTheCommands() {
    assertThat(run("completion", "bash")).isZero();
    assertThat(out.toString()).startsWith("#!").contains("complete -F", "version", "--verbose");
  }

  @Test
  void configCheck_passesTheDefaultsAndNamesAMistake(@TempDir Path directory) throws IOException {
    run("config", "default");
    var file = Files.writeString(directory.resolve("c.toml"), out.toString());
    assertThat(run("config", "check", file.toString())).isZero();
    assertThat(out.toString()).endsWith("c.toml: correct\n");

    Files.writeString(file, "\nrooot = '/'\n");
    assertThat(run("config", "check", file.toString())).isEqualTo(1);
    assertThat(err.toString())
        .isEqualTo("lazuli: " + file + ":2: unknown key rooot, did you mean root?\n");
  }

  @Test
  void status_asksTheDaemonOfTheStateDirectory(@TempDir Path state) throws IOException {
    var status = new NodeStatus("1", 2, Instant.now(), "/r", 0, 0, List.of());
    try (var _ =
        StatusServer.onSocket(
            state.resolve("status.sock"), Map.of("/status", Content.json(() -> status)))) {
      assertThat(run("status", "--state", state.toString())).isZero();
      assertThat(out.toString()).startsWith("lazuli 1, process 2, ").contains("0 layers");
      assertThat(run("status", "--json", "--state", state.toString())).isZero();
      assertThat(out.toString()).contains("\"layers\" : [ ]");
    }
  }

  @Test
  void status_withoutADaemon_isOneLine(@TempDir Path state) {
    assertThat(run("status", "--state", state.toString())).isEqualTo(1);
    assertThat(err.toString()).hasLineCount(1).startsWith("lazuli: no daemon answers at " + state);
  }
}
