package dev.lazuli.snapshotter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** What ./package puts around the program. */
final class PackageTest {
  private static final Path SCRIPTS = Path.of("src/main/dist/debian").toAbsolutePath();

  /** All that the scripts call; they get to see nothing else. */
  private static final List<String> CALLED =
      List.of(
          "rm",
          "rmdir",
          "umount",
          "systemctl",
          "deb-systemd-helper",
          "deb-systemd-invoke",
          "lazuli");

  @TempDir Path directory;
  private Path log;

  @BeforeEach
  void makeCommandsThatOnlySayWhatTheyAreAsked() throws IOException {
    log = Files.createFile(directory.resolve("log"));
    Files.createDirectory(directory.resolve("bin"));
    for (var name : CALLED) {
      var file = directory.resolve("bin").resolve(name);
      Files.writeString(file, "#!/bin/sh\necho \"" + name + " $*\" >>" + log + "\n");
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  void upgrade_leavesDaemonAndFilesAlone_untilTheNewOnesAreThere() throws IOException {
    assertThat(calls("prerm", "upgrade", "0.3.0")).isEmpty();
    assertThat(calls("postrm", "upgrade", "0.3.0")).isEmpty();
    assertThat(calls("postinst", "configure", "0.2.0"))
        .allSatisfy(call -> assertThat(call).doesNotStartWith("rm"))
        .allSatisfy(call -> assertThat(call).doesNotContain(" start "));
  }

  @Test
  void upgrade_checksTheConfiguration_andLeavesTheOldDaemonIfItIsWrong() throws IOException {
    assertThat(calls("postinst", "configure", "0.2.0")).contains("lazuli config check");
    assertThat(calls("postinst", "configure")).doesNotContain("lazuli config check");

    Files.writeString(directory.resolve("bin/lazuli"), "#!/bin/sh\nexit 1\n");
    assertThat(calls("postinst", "configure", "0.2.0"))
        .allSatisfy(call -> assertThat(call).doesNotContain("try-restart"));
  }

  @Test
  void removal_keepsLayersAndSettings_purgeDoesNot() throws IOException {
    assertThat(calls("postrm", "remove"))
        .anySatisfy(call -> assertThat(call).contains("rm -rf /usr/lib/lazuli"))
        .allSatisfy(call -> assertThat(call).doesNotContain("/var/lib/lazuli", "/etc/lazuli"));

    assertThat(calls("postrm", "purge"))
        .contains("rm -rf --one-file-system /var/lib/lazuli /run/lazuli /etc/lazuli");
  }

  @ParameterizedTest
  @ValueSource(strings = {"postinst configure", "postinst configure 0.1", "prerm remove"})
  void containerd_isNeverTouched(String call) throws IOException {
    var words = List.of(call.split(" ", -1));

    var calls = calls(words.getFirst(), words.subList(1, words.size()).toArray(String[]::new));

    assertThat(calls).allSatisfy(line -> assertThat(line).doesNotContain("containerd"));
  }

  @Test
  void manualsAndBill_areMadeFromTheProgram_twiceTheSame() throws IOException {
    var first = make("first");
    var again = make("again");

    var manual = Files.readString(first.resolve("man/lazuli-rpull.1"));
    assertThat(manual).startsWith(".TH LAZULI-RPULL 1 \"2023-11-14\"").contains("\\-\\-platform");
    assertThat(again.resolve("man/lazuli-rpull.1")).hasContent(manual);
    assertThat(first.resolve("man/lazuli.1")).exists();
    var bill = Files.readString(first.resolve("bill.json"));
    assertThat(again.resolve("bill.json")).hasContent(bill);
    var components = JsonMapper.shared().readTree(bill).path("components");
    assertThat(components.path(0).path("purl").asString())
        .isEqualTo("pkg:maven/dev.lazuli/digest@0.2.0");
    assertThat(components.path(1).path("name").asString()).isEqualTo("OpenJDK");
  }

  private Path make(String name) throws IOException {
    var at = Files.createDirectories(directory.resolve(name));
    Files.createDirectory(at.resolve("lib"));
    emptyJar(at.resolve("lib/digest-0.2.0.jar"));
    Command.of(System.getProperty("java.home") + "/bin/java")
        .with("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"))
        .with(Path.of("../.ci/PackageFiles.java").toString(), "0.2.0", "1700000000")
        .with(at.resolve("lib").toString(), System.getProperty("java.home"))
        .with(at.resolve("man").toString(), at.resolve("bill.json").toString())
        .check();
    return at;
  }

  private static void emptyJar(Path file) throws IOException {
    try (var jar = new ZipOutputStream(Files.newOutputStream(file))) {
      var entry = new ZipEntry("nothing");
      entry.setTime(0);
      jar.putNextEntry(entry);
    }
  }

  private List<String> calls(String script, String... arguments) throws IOException {
    Files.writeString(log, "");
    Command.of("/bin/sh")
        .with(SCRIPTS.resolve(script).toString())
        .with(arguments)
        .withEnvironment("PATH", directory.resolve("bin").toString())
        .check();
    return Files.readAllLines(log);
  }
}
