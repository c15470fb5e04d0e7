package dev.lazuli.snapshotter.layers.serve;

import dev.lazuli.bridge.erofs.ErofsSupport;
import dev.lazuli.bridge.erofs.ErofsSupport.Capability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this kernel was found to do with EROFS, in a file, for a start that has no room to find out:
 * {@code release file loop mapped}, the last three as {@code true} or {@code false}.
 */
record KnownSupport(Path file) {
  private static final Logger log = LoggerFactory.getLogger(KnownSupport.class);
  private static final int WORDS = 4;

  /** Writes it down; a failure does no harm. */
  void remember(ErofsSupport support) {
    var line =
        "%s %s %s %s"
            .formatted(
                kernel(),
                support.file().available(),
                support.loop().available(),
                support.mapped().available());
    try {
      if (!Files.exists(file) || !Files.readString(file).strip().equals(line)) {
        Files.writeString(file, line + "\n");
      }
    } catch (IOException e) {
      log.debug("{}: {}", file, e.getMessage());
    }
  }

  /** Returns what was written on this kernel. */
  Optional<ErofsSupport> recall() {
    try {
      var words = List.of(Files.readString(file).strip().split(" ", -1));
      return words.size() == WORDS && words.getFirst().equals(kernel())
          ? Optional.of(
              new ErofsSupport(
                  capability(words.get(1)), capability(words.get(2)), capability(words.get(3))))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Capability capability(String word) {
    return new Capability(
        Boolean.parseBoolean(word), "found by an earlier start; there is no space to try again");
  }

  private static String kernel() {
    return System.getProperty("os.version").replace(' ', '_');
  }
}
