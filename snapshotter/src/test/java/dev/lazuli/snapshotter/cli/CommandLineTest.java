package dev.lazuli.snapshotter.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.status.Content;
import dev.lazuli.snapshotter.status.FetchState;
import dev.lazuli.snapshotter.status.ImageStatus;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.NodeUse;
import dev.lazuli.snapshotter.status.PruneReport;
import dev.lazuli.snapshotter.status.Query;
import dev.lazuli.snapshotter.status.RequestException;
import dev.lazuli.snapshotter.status.Routes;
import dev.lazuli.snapshotter.status.StatusServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
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
    var line = CommandLines.all();
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

  private static NodeStatus node(List<LayerStatus> layers) {
    return new NodeStatus(
        "1",
        2,
        Instant.now(),
        "/r",
        Optional.empty(),
        List.of(),
        0,
        0,
        new NodeUse(0, 0, 0, 0, 0, 0, 0, 0),
        ImageStatus.of(layers),
        layers,
        List.of());
  }

  @Test
  void status_asksTheDaemonOfTheStateDirectory(@TempDir Path state) throws IOException {
    var status = node(List.of());
    try (var _ =
        StatusServer.onSocket(
            state.resolve("status.sock"),
            new Routes().get("/status", Content.json(() -> status)))) {
      assertThat(run("status", "--state", state.toString())).isZero();
      assertThat(out.toString()).startsWith("lazuli 1, process 2, ").contains("0 layers");
      assertThat(run("status", "--json", "--state", state.toString())).isZero();
      assertThat(out.toString()).contains("\"layers\" : [ ]");
    }
  }

  private static LayerStatus layer(long present, boolean pinned, long errors) {
    return new LayerStatus(
        "sha256:" + "ab".repeat(32),
        "estargz",
        MountKind.EROFS_LAZY,
        present,
        2048,
        1024,
        4096,
        FetchState.PREFETCH,
        512,
        1,
        pinned,
        errors,
        errors == 0 ? Optional.empty() : Optional.of("status 503"),
        Optional.empty(),
        List.of("a:1"),
        List.of(),
        0);
  }

  @Test
  void fetch_asksUntilAllIsThere(@TempDir Path state) throws IOException {
    var asked = new AtomicInteger();
    var routes =
        new Routes()
            .post("/fetch", _ -> json(layer(0, false, 0)))
            .get("/layers", _ -> json(layer(1024L * asked.getAndIncrement(), false, 0)));
    try (var _ = StatusServer.onSocket(state.resolve("status.sock"), routes)) {
      assertThat(run("fetch", "a:1", "--state", state.toString())).isZero();
    }
    assertThat(asked).hasValue(3);
    assertThat(out.toString())
        .endsWith("1 of 1 layers complete, 2.00 KiB of 2.00 KiB (100%), 512 B/s\n");
  }

  @Test
  void fetchThatDoesNotComeInTime_failsWithTheLastError(@TempDir Path state) throws IOException {
    var routes =
        new Routes()
            .post("/fetch", _ -> json(layer(0, false, 3)))
            .get("/layers", _ -> json(layer(0, false, 3)));
    try (var _ = StatusServer.onSocket(state.resolve("status.sock"), routes)) {
      assertThat(run("fetch", "a:1", "--timeout=1ms", "--state", state.toString())).isEqualTo(1);
    }
    assertThat(err.toString())
        .isEqualTo(
            "lazuli: not complete within the timeout; the daemon goes on fetching: status 503\n");
  }

  @Test
  void pinAndPrune_sayWhatWasDone(@TempDir Path state) throws IOException {
    var seen = new ArrayList<Query>();
    var report = new PruneReport(true, List.of("sha256:01"), 5 << 20, 7 << 20, 1 << 20);
    var routes =
        new Routes()
            .post("/pin", query -> json(layer(1024, !query.flag("unpin"), 0)))
            .post(
                "/prune",
                query -> {
                  seen.add(query);
                  return Content.json(() -> report);
                });
    try (var _ = StatusServer.onSocket(state.resolve("status.sock"), routes)) {
      assertThat(run("pin", "a:1", "--state", state.toString())).isZero();
      assertThat(run("pin", "--unpin", "a:1", "--state", state.toString())).isZero();
      assertThat(run("prune", "-n", "--to", "1KiB", "--state", state.toString())).isZero();
      assertThat(run("prune", "--all", "--state", state.toString())).isZero();
    }
    var digest = "sha256:" + "ab".repeat(32);
    assertThat(out.toString().lines())
        .startsWith(
            digest + " pinned, 1.00 KiB of 2.00 KiB present",
            digest + " not pinned, 1.00 KiB of 2.00 KiB present",
            "would remove sha256:01",
            "would free at most 5.00 MiB (5242880 bytes), layers take 7.00 MiB, of which 1.00 MiB"
                + " cannot be freed");
    assertThat(seen)
        .extracting(Query::values)
        .containsExactly(
            Map.of("dry_run", "true", "to", "1024"), Map.of("dry_run", "false", "to", "0"));
  }

  private static Content json(LayerStatus... layers) {
    return Content.json(() -> layers);
  }

  @Test
  void refusalOfTheDaemon_isTheErrorLine(@TempDir Path state) throws IOException {
    var routes =
        new Routes()
            .post(
                "/pin",
                _ -> {
                  throw new RequestException(
                      RequestException.Reason.NOT_FOUND,
                      "no layer on this node belongs to image b");
                });
    try (var _ = StatusServer.onSocket(state.resolve("status.sock"), routes)) {
      assertThat(run("pin", "b", "--state", state.toString())).isEqualTo(1);
    }
    assertThat(err.toString()).isEqualTo("lazuli: no layer on this node belongs to image b\n");
  }

  @Test
  void status_withoutADaemon_isOneLine(@TempDir Path state) {
    assertThat(run("status", "--state", state.toString())).isEqualTo(1);
    assertThat(err.toString())
        .hasLineCount(1)
        .startsWith("lazuli: the daemon does not answer at " + state)
        .contains("no daemon runs with this state directory", "--state");
  }
}
