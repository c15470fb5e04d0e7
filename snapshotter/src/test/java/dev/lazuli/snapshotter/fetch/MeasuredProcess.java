package dev.lazuli.snapshotter.fetch;

import dev.lazuli.testimages.registry.TestRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The process that {@link FetchBench} measures: a {@link FetchBenchProbe}. */
final class MeasuredProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader answers;

  MeasuredProcess(Path directory, TestRegistry registry) throws IOException {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    process =
        new ProcessBuilder(
                java,
                "-Xms8m",
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:+UseCompactObjectHeaders",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                FetchBenchProbe.class.getName(),
                directory.resolve("root").toString(),
                directory.toString(),
                registry.host())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  double[] order(String order) throws IOException {
    process.getOutputStream().write((order + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
    var parts = answers.readLine().split(" ", -1);
    var figures = new double[parts.length];
    for (int i = 0; i < parts.length; i++) {
      figures[i] = Double.parseDouble(parts[i]);
    }
    return figures;
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
