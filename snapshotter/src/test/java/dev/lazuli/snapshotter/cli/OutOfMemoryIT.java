package dev.lazuli.snapshotter.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher with its own options, and a program that ends for lack of memory. */
final class OutOfMemoryIT {
  @TempDir private Path home;

  private void install() throws IOException {
    Files.copy(Path.of("..", "lazuli"), home.resolve("lazuli"));
    var manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, MemoryEater.class.getName());
    var name = MemoryEater.class.getName().replace('.', '/') + ".class";
    try (var jar =
            new JarOutputStream(Files.newOutputStream(home.resolve("lazuli.jar")), manifest);
        var code = requireNonNull(MemoryEater.class.getResourceAsStream("/" + name))) {
      jar.putNextEntry(new ZipEntry(name));
      code.transferTo(jar);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"daemon", "verify"})
  void lackOfMemory_endsTheProcess_andLeavesALine(String command) throws Exception {
    install();
    var err = home.resolve("err").toFile();
    var builder =
        new ProcessBuilder(home.resolve("lazuli").toString(), command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(err);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));

    var process = builder.start();

    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).isEqualTo(3).isNotEqualTo(VerifyCommand.WRONG_BYTES);
    assertThat(Files.readString(err.toPath()))
        .contains("lazuli: out of memory: give it a larger heap");
  }
}
