package dev.lazuli.snapshotter.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the launcher as people do. */
final class LauncherIT {
  private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();
  private static final String JAVA_HOME = System.getProperty("java.home");

  /** A training run takes twenty seconds of processor time. */
  private static final int PATIENCE_SECONDS = 240;

  @TempDir Path directory;

  private record Outcome(int status, String out, String err, Duration took) {}

  @BeforeEach
  void needsTheJar() {
    assumeTrue(
        Files.exists(CHECKOUT.resolve("snapshotter/target/lazuli.jar")), "lazuli.jar is not built");
  }

  private Outcome run(Path launcher, Map<String, String> environment, String... args)
      throws Exception {
    var out = directory.resolve("out");
    var err = directory.resolve("err");
    var command = Stream.concat(Stream.of(launcher.toString()), Arrays.stream(args)).toList();
    var builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().putAll(Map.of("LAZULI_BUILD", "no", "JAVA_HOME", JAVA_HOME));
    builder.environment().putAll(environment);
    long start = System.nanoTime();
    var process = builder.start();
    process.getOutputStream().close();
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    var took = Duration.ofNanos(System.nanoTime() - start);
    return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err), took);
  }

  private Outcome run(Path launcher, String... args) throws Exception {
    return run(launcher, Map.of(), args);
  }

  /** Makes an installation as docs/install.md has it. */
  private Path install() throws IOException {
    var home = Files.createDirectories(directory.resolve("a place/lazuli"));
    Files.copy(CHECKOUT.resolve("lazuli"), home.resolve("lazuli"));
    var target = CHECKOUT.resolve("snapshotter/target");
    Files.copy(target.resolve("lazuli.jar"), home.resolve("lazuli.jar"));
    Files.createDirectory(home.resolve("lib"));
    try (var jars = Files.list(target.resolve("lib"))) {
      for (var jar : jars.toList()) {
        Files.copy(jar, home.resolve("lib").resolve(jar.getFileName()));
      }
    }
    return home.resolve("lazuli");
  }

  /** Under a second, or on a busy machine what some starts of a bare Java take there. */
  @Test
  void help_comesInWellUnderASecond() throws Exception {
    var java = Path.of(JAVA_HOME, "bin", "java");
    var bare = Duration.ofDays(1);
    var help = Duration.ofDays(1);
    for (int i = 0; i < 6; i++) {
      bare = shorter(bare, run(java, "-version").took());
      var outcome = run(CHECKOUT.resolve("lazuli"), "--help");
      assertThat(outcome.out()).startsWith("Usage: lazuli");
      assertThat(outcome.err()).isEmpty();
      help = shorter(help, outcome.took());
    }
    assertThat(help).isLessThan(Duration.ofSeconds(1).plus(bare.multipliedBy(8)));
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  @Test
  void launcher_worksThroughSymbolicLinks() throws Exception {
    var link = Files.createSymbolicLink(directory.resolve("one"), CHECKOUT.resolve("lazuli"));
    var second = Files.createSymbolicLink(directory.resolve("two"), Path.of("one"));
    assertThat(run(second, "version").out()).startsWith("lazuli ");
    assertThat(link).isSymbolicLink();
  }

  @Test
  void launcher_passesArgumentsAndStatusOn() throws Exception {
    var outcome =
        run(
            CHECKOUT.resolve("lazuli"),
            "config",
            "check",
            directory.resolve("a b.toml").toString());
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err())
        .isEqualTo("lazuli: " + directory.resolve("a b.toml") + ": no such file\n");
    assertThat(run(CHECKOUT.resolve("lazuli"), "no-such").status()).isEqualTo(2);
  }

  @Test
  void unfitJavaHome_isPassedOver() throws Exception {
    var old = Files.createDirectories(directory.resolve("jdk-17/bin"));
    Files.writeString(old.resolve("java"), "#!/bin/sh\necho ran the old one; exit 9\n")
        .toFile()
        .setExecutable(true);
    Files.writeString(directory.resolve("jdk-17/release"), "JAVA_VERSION=\"17.0.1\"\n");
    var path = Map.of("PATH", JAVA_HOME + "/bin:" + System.getenv("PATH"));

    for (var home : List.of("", "/nonexistent", directory.resolve("jdk-17").toString())) {
      var environment = new HashMap<>(path);
      environment.put("JAVA_HOME", home);
      assertThat(run(CHECKOUT.resolve("lazuli"), environment, "version").out())
          .startsWith("lazuli ");
    }
  }

  @Test
  void installation_runsFromAnyPlace_makesItsOwnCache_andSurvivesABrokenOne() throws Exception {
    var launcher = install();
    assertThat(run(launcher, "version").status()).isZero();

    assertThat(run(launcher, Map.of("LAZULI_LAUNCH", "train")).status()).isZero();
    var cache = launcher.resolveSibling("lazuli.aot");
    assertThat(cache).isNotEmptyFile();
    assertThat(run(launcher, "version").err()).isEmpty();
    var daemonCache = launcher.resolveSibling("lazuli-daemon.aot");
    assertThat(daemonCache).isNotEmptyFile();
    assertThat(run(launcher, "daemon", "--version").err()).isEmpty();
    assertThat(run(launcher, "daemon", "--version").out()).startsWith("lazuli ");
    assertThatPullsWereTrained(launcher);

    Files.write(cache, "no cache".getBytes(UTF_8));
    Files.write(daemonCache, "no cache".getBytes(UTF_8));
    assertThat(run(launcher, "daemon", "--version").err()).isEmpty();
    var outcome = run(launcher, "version");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.err()).isEmpty();
  }

  /** A training run whose pull fails still makes a cache, and no test of speed would notice. */
  private void assertThatPullsWereTrained(Path launcher) throws Exception {
    var listing = Map.of("LAZULI_JAVA_OPTS", "-Xlog:class+load=info:stdout");
    assertThat(run(launcher, listing, "daemon", "--version").out())
        .contains("dev.lazuli.snapshotter.layers.OpenLayer source: shared objects file")
        .contains("dev.lazuli.snapshotter.fetch.FetchStream source: shared objects file")
        .contains("dev.lazuli.snapshotter.bulk.LayerPull source: shared objects file");
  }

  @Test
  void daemonFlags_areGoodForCommandsWithTheOptimisingCompiler() throws Exception {
    var outcome =
        run(
            CHECKOUT.resolve("lazuli"),
            Map.of("LAZULI_JAVA_OPTS", "-XX:TieredStopAtLevel=4"),
            "version");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.err()).isEmpty();
  }

  @Test
  void unbuiltCheckout_saysWhatIsMissing() throws Exception {
    var checkout = Files.createDirectory(directory.resolve("checkout"));
    Files.copy(CHECKOUT.resolve("lazuli"), checkout.resolve("lazuli"));
    Files.writeString(checkout.resolve("pom.xml"), "");
    var tools = Files.createDirectory(directory.resolve("tools"));
    for (var tool : List.of("sh", "readlink", "find", "head", "flock")) {
      var found =
          Stream.of("/usr/bin", "/bin")
              .map(bin -> Path.of(bin, tool))
              .filter(Files::exists)
              .findFirst();
      if (found.isPresent()) {
        Files.createSymbolicLink(tools.resolve(tool), found.get());
      }
    }

    var outcome =
        run(
            checkout.resolve("lazuli"),
            Map.of("LAZULI_BUILD", "", "PATH", tools.toString()),
            "version");

    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err())
        .contains("first run: building with Maven")
        .endsWith(
            "lazuli: building needs Maven 3.8.7 or newer; on Debian and Ubuntu: apt-get install"
                + " maven\n");
  }
}
