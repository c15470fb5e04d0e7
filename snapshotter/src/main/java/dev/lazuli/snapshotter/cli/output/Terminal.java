package dev.lazuli.snapshotter.cli.output;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lazuli.snapshotter.waterfall.PictureStyle;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Whether somebody watches, and what can be shown. */
public final class Terminal {
  /** A picture that is piped on is as wide as this. */
  private static final int DEFAULT_WIDTH = 100;

  private static final int ROWS = 40;

  private Terminal() {}

  /** Returns whether standard output and input are a terminal, where lines may be redrawn. */
  @SuppressWarnings("SystemConsoleNull") // Since JDK 25 it is null again without a terminal.
  public static boolean present() {
    return System.console() != null && System.console().isTerminal();
  }

  /** Returns how to draw on standard output. */
  public static PictureStyle style() {
    return present()
        ? style(System.getenv(), System.out.charset(), size())
        : style(Map.of(), System.out.charset(), Optional.empty());
  }

  /**
   * Returns how to draw.
   *
   * @param environment {@code COLUMNS} wins over the terminal's width; {@code NO_COLOR} (see
   *     no-color.org) and {@code TERM=dumb} mean no colours
   * @param charset what can be printed
   * @param columns the terminal's width; empty if there is no terminal, and then no colours
   */
  static PictureStyle style(
      Map<String, String> environment, Charset charset, Optional<Integer> columns) {
    int width =
        Optional.ofNullable(environment.get("COLUMNS"))
            .filter(text -> text.matches("[1-9][0-9]{1,3}"))
            .map(Integer::valueOf)
            .or(() -> columns)
            .orElse(DEFAULT_WIDTH);
    boolean colours =
        columns.isPresent()
            && environment.getOrDefault("NO_COLOR", "").isEmpty()
            && !environment.getOrDefault("TERM", "dumb").equals("dumb");
    return new PictureStyle(width, ROWS, charset.newEncoder().canEncode('░'), colours);
  }

  /** Returns the terminal's width as stty(1) tells it, or what is usual where it does not. */
  private static Optional<Integer> size() {
    try {
      var process =
          new ProcessBuilder("stty", "size")
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (var output = process.getInputStream()) {
        var words = new String(output.readNBytes(64), US_ASCII).strip().split(" ", -1);
        if (process.waitFor(1, TimeUnit.SECONDS)
            && words.length == 2
            && words[1].matches("[1-9][0-9]{0,3}")) {
          return Optional.of(Integer.valueOf(words[1]));
        }
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException _) {
      // No stty here.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Optional.of(DEFAULT_WIDTH);
  }
}
