package dev.lazuli.snapshotter.waterfall;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.CommandResult;
import dev.lazuli.demo.images.HostFiles;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The page as a browser shows it: Chromium without a screen. */
final class PageIT {
  private static final Duration LONG = Duration.ofMinutes(3);

  /** Reports texts that leave their picture or lie on another one. Only the test's copy has it. */
  private static final String INSPECTOR =
      """
      <pre id="report"></pre>
      <script>
      addEventListener('load', () => {
        const lines = [];
        document.querySelectorAll('svg').forEach(svg => {
          const frame = svg.getBoundingClientRect();
          const texts = [...svg.querySelectorAll('text')].map(t => [t, t.getBoundingClientRect()]);
          lines.push('texts ' + texts.length);
          texts.forEach(([t, a], i) => {
            if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1)
              lines.push('outside: ' + t.textContent);
            texts.slice(i + 1).forEach(([u, b]) => {
              const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
              const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
              if (wide > 1 && high > 3) lines.push('overlap: ' + t.textContent + ' / ' + u.textContent);
            });
            const bar = t.parentNode.querySelector('rect:not(.hit)');
            if (t.classList.contains('name') && bar && bar.getBoundingClientRect().left < a.right - 1)
              lines.push('under a bar: ' + t.textContent);
          });
        });
        if (document.documentElement.scrollWidth > innerWidth) lines.push('wider than the window');
        document.getElementById('report').textContent = lines.join('\\n');
      });
      </script>
      </body>
      """;

  @TempDir Path directory;

  enum Scheme {
    DARK(0),
    LIGHT(1);

    /** Blink's number for it. */
    private final int number;

    Scheme(int number) {
      this.number = number;
    }
  }

  @BeforeEach
  void needsChromium() {
    assumeTrue(HostFiles.find("chromium").isPresent(), "chromium is not installed");
  }

  private CommandResult chromium(Scheme scheme, String... arguments) throws IOException {
    var result =
        Command.of(
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--enable-logging=stderr",
                "--window-size=1400,1600",
                "--blink-settings=preferredColorScheme=" + scheme.number,
                "--user-data-dir=" + Files.createTempDirectory(directory, "profile"))
            .with(arguments)
            .within(LONG)
            .check();
    assertThat(result.errors().lines().filter(line -> line.contains(":CONSOLE"))).isEmpty();
    return result;
  }

  private Path write(String page) throws IOException {
    return Files.writeString(Files.createTempFile(directory, "page", ".html"), page, UTF_8);
  }

  private List<String> report(String page) throws IOException {
    var file = write(page.replace("</body>", INSPECTOR));
    var dom = chromium(Scheme.LIGHT, "--dump-dom", file.toUri().toString()).output();
    var report = Pattern.compile("<pre id=\"report\">([^<]*)</pre>").matcher(dom);
    assertThat(report.find()).as(dom).isTrue();
    return report.group(1).lines().toList();
  }

  private BufferedImage screenshot(String page, Scheme scheme) throws IOException {
    var file = directory.resolve(scheme + ".png");
    chromium(scheme, "--screenshot=" + file, write(page).toUri().toString());
    return ImageIO.read(file.toFile());
  }

  static List<String> pages() {
    return List.of(
        HtmlPage.of(Examples.small()),
        HtmlPage.of(Examples.empty()),
        HtmlPage.of(List.of(Examples.large(), Examples.small())));
  }

  @ParameterizedTest
  @MethodSource("pages")
  void texts_lieInThePicture_andNotOnEachOther(String page) throws IOException {
    var report = report(page);

    assertThat(report).isNotEmpty().allMatch(line -> line.matches("texts [1-9][0-9]*"));
  }

  @Test
  void inspection_findsWhatIsWrong() throws IOException {
    var wrong =
        HtmlPage.of(Examples.small())
            .replace(
                "</svg>",
                "<text x=\"12\" y=\"60\">on others</text><text x=\"1270\""
                    + " y=\"-9\">out</text></svg>");

    assertThat(report(wrong))
        .anyMatch(line -> line.startsWith("overlap: "))
        .anyMatch(line -> line.equals("outside: out"));
  }

  @ParameterizedTest
  @EnumSource
  void screenshot_showsThePictureInTheReadersColours(Scheme scheme) throws IOException {
    var image = screenshot(HtmlPage.of(Examples.large()), scheme);

    int corner = brightness(image.getRGB(2, 2));
    assertThat(corner).matches(light -> scheme == Scheme.LIGHT ? light > 240 : light < 40);
    var colours =
        IntStream.range(0, image.getHeight())
            .flatMap(y -> IntStream.range(0, image.getWidth()).map(x -> image.getRGB(x, y)))
            .distinct()
            .count();
    assertThat(colours).isGreaterThan(30);
    assertThat(bars(image)).isGreaterThan(500);
  }

  /** Counts pixels of the colours that bars have: neither grey nor nearly so. */
  private static long bars(BufferedImage image) {
    return IntStream.range(0, image.getHeight())
        .flatMap(y -> IntStream.range(0, image.getWidth()).map(x -> image.getRGB(x, y)))
        .filter(rgb -> spread(rgb) > 70)
        .count();
  }

  private static int spread(int rgb) {
    int red = (rgb >> 16) & 0xff;
    int green = (rgb >> 8) & 0xff;
    int blue = rgb & 0xff;
    return Math.max(red, Math.max(green, blue)) - Math.min(red, Math.min(green, blue));
  }

  private static int brightness(int rgb) {
    return (((rgb >> 16) & 0xff) + ((rgb >> 8) & 0xff) + (rgb & 0xff)) / 3;
  }
}
