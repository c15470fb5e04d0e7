package dev.lazuli.snapshotter.config;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Whatever a file holds, it is read or refused in words. */
final class ConfigurationFuzzTest {
  @FuzzTest(maxDuration = "30s")
  void file_isReadOrRefused(byte[] content) throws IOException {
    Path file = Files.createTempFile("lazuli", ".toml");
    try {
      Files.write(file, content);
      Configuration.load(file, Map.of());
    } catch (ConfigurationException e) {
      if (!String.valueOf(e.getMessage()).startsWith(file.toString())) {
        throw new AssertionError("which file? " + e.getMessage(), e);
      }
    } finally {
      Files.delete(file);
    }
  }
}
