package dev.lazuli.snapshotter.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;

final class CommandLineTest extends CommandLineRig {
  @ParameterizedTest
  @ValueSource(strings = {"--help", "version --help", "config check -h", "completion --help"})
  void help_isPrintedOnStandardOutput(String args) {
    assertThat(run(args.split(" ", -1))).isZero();
    assertThat(out.toString()).startsWith("Usage: lazuli");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void listOfCommands_hasAWholeSentenceForEach() {
    CommandLines.all()
        .getSubcommands()
        .forEach(
            (name, command) ->
                assertThat(command.getCommandSpec().usageMessage().description()[0])
                    .as(name)
                    .matches(".*[.)]"));
  }

  @Test
  void pullOfWhatIsNoReference_isOneLine() {
    assertThat(run("rpull", "registry.example/Not-A-Name")).isEqualTo(1);

    assertThat(err.toString().strip()).hasLineCount(1).contains("Not-A-Name");
  }

  @Test
  void pullWithoutAContainerd_namesTheSocket(@TempDir Path directory) {
    var socket = directory.resolve("c.sock").toString();

    assertThat(run("rpull", "--containerd", socket, "registry.example/app")).isEqualTo(1);

    assertThat(err.toString().strip())
        .hasLineCount(1)
        .contains("containerd does not answer on " + socket)
        .contains("No such file", "--containerd SOCKET or $CONTAINERD_ADDRESS")
        .doesNotContain("io exception", "containerd says");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--containerd", "--address", "-a"})
  void contentWithoutAContainerd_saysSoOfEachImage(String option, @TempDir Path directory) {
    var socket = directory.resolve("c.sock").toString();

    assertThat(run("content", option, socket, "registry.example/a", "registry.example/b:1"))
        .isEqualTo(1);

    assertThat(err.toString().lines().map(line -> line.split(": ", 2)[0]))
        .containsExactly("registry.example/a:latest", "registry.example/b:1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rpull", "content", "inspect", "verify", "convert"})
  void commandsThatAskNoDaemon_haveNoOptionsOfTheDaemonAlone(String command) {
    var line = requireNonNull(CommandLines.all().getSubcommands().get(command));
    var options = line.getCommandSpec().optionsMap();

    assertThat(options)
        .containsKeys("--config", "--set")
        .doesNotContainKeys("--root", "--state", "--log-level", "--log-format");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "daemon --help",
        "daemon --version",
        "daemon --no-such-option",
        "daemon --set=no.such.key=1",
        "daemon --log-level=loud",
        "daemon surplus"
      })
  void daemonAlone_actsAsInTheWholeTree(String args) {
    assertThat(runOn(CommandLines.daemon(), args.split(" ", -1)))
        .isEqualTo(runOn(CommandLines.all(), args.split(" ", -1)));
  }

  private static String runOn(CommandLine line, String... args) {
    var printed = new StringWriter();
    line.setOut(new PrintWriter(printed, true));
    line.setErr(new PrintWriter(printed, true));
    line.setColorScheme(Help.defaultColorScheme(Ansi.OFF));
    return line.execute(args) + ": " + printed;
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
        "completion fish",
        "fetch",
        "fetch a --timeout soon",
        "pin",
        "prune --to much",
        "prune --all --to 1GiB"
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
    assertThat(out.toString())
        .startsWith("#!")
        .contains(
            "complete -F", "version", "--verbose", "fetch", "pin", "--unpin", "prune", "--dry-run");
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
}
