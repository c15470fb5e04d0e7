package dev.lazuli.snapshotter.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;

/** {@code lazuli convert}, {@code inspect} and {@code verify}, as their users see them. */
final class ConvertCommandTest {
  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private OciLayout layout;

  @BeforeEach
  void build() throws IOException {
    layout = OciLayout.at(folder.resolve("in"));
    var _ =
        new ImageBuilder(layout)
            .layer(
                new ImageTree()
                    .directory("etc")
                    .file("etc/hosts", "127.0.0.1 localhost\n")
                    .file("big", FileContent.generated(300_000, 1)))
            .encoding(LayerEncoding.PLAIN)
            .layer(new ImageTree().file("etc/issue", "welcome\n"))
            .build("1");
  }

  private int run(String... args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    var line = CommandLines.all();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    line.setColorScheme(Help.defaultColorScheme(Ansi.OFF));
    return line.execute(args);
  }

  private String in() {
    return layout.directory().toString();
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private Path layerFile() throws IOException {
    var layer = layout.layers(requireNonNull(layout.images().get("1"))).getFirst();
    return layout.blob(layer.digest());
  }

  @Test
  void image_isConvertedInspectedAndVerified() {
    assertThat(run("convert", "--level", "1", in(), path("out") + ":lazy")).as("%s", err).isZero();
    assertThat(out.toString())
        .contains(" bytes  converted in ", "2 of 2 layers converted, 0 already lazy")
        .containsPattern(path("out") + ":lazy@sha256:[0-9a-f]{64}\\R$");

    assertThat(run("verify", "--require-annotation", path("out"))).as("%s", err).isZero();
    assertThat(out.toString().lines()).hasSize(2).allMatch(line -> line.contains(": right: "));

    assertThat(run("inspect", path("out"))).isZero();
    assertThat(out.toString())
        .contains("format    eStargz", "as annotated", "2 directories, 2 files");

    assertThat(run("inspect", "--json", path("out"))).isZero();
    assertThat(out.toString()).contains("\"format\" : \"eStargz\"", "\"files\" : 2");
  }

  @Test
  void layerInAFile_isConverted() throws IOException {
    assertThat(
            run("convert", "--format", "zstd:chunked", layerFile().toString(), path("layer.zst")))
        .as("%s", err)
        .isZero();
    assertThat(out.toString())
        .contains("annotation containerd.io/snapshot/stargz/toc.digest=sha256:", "diffID sha256:");

    assertThat(run("inspect", path("layer.zst"))).isZero();
    assertThat(out.toString()).contains("format    zstd:chunked", "no manifest vouches for it");
    assertThat(run("verify", path("layer.zst"))).isZero();
    assertThat(run("verify", "--require-annotation", path("layer.zst"))).isEqualTo(4);
  }

  @Test
  void externalToc_liesBesideTheLayer() throws IOException {
    assertThat(
            run(
                "convert",
                "--external-toc",
                "--keep-diff-id",
                layerFile().toString(),
                path("layer.gz")))
        .as("%s", err)
        .isZero();

    assertThat(run("verify", "--toc-blob", path("layer.gz-esgztoc"), path("layer.gz"))).isZero();
    assertThat(run("verify", path("layer.gz"))).isEqualTo(1);
    assertThat(err.toString()).contains("its table of contents is in another blob");
  }

  @Test
  void wrongBytes_areFoundAndGiveAStatusOfTheirOwn() throws IOException {
    assertThat(run("convert", "--chunk-size", "4096", layerFile().toString(), path("l"))).isZero();
    var bytes = Files.readAllBytes(folder.resolve("l"));
    bytes[bytes.length / 2] ^= 1;
    Files.write(folder.resolve("l"), bytes);

    assertThat(run("verify", path("l"))).isEqualTo(4);
    assertThat(out.toString()).contains(": WRONG: ", "chunk ");
  }

  @Test
  void layerThatCannotBeMounted_isConvertedWithAWarning_andNotWrong() throws IOException {
    var _ =
        new ImageBuilder(layout)
            .encoding(LayerEncoding.GZIP)
            .layer(new ImageTree().hardLink("link", "in-a-lower-layer"))
            .build("odd");
    var odd = layout.layers(requireNonNull(layout.images().get("odd"))).getFirst().digest();

    assertThat(run("convert", "--level", "1", in() + ":odd", path("out"))).isZero();
    assertThat(err.toString())
        .hasLineCount(1)
        .contains("warning: layer " + odd, "hard link target in-a-lower-layer");
    assertThat(run("verify", path("out"))).isEqualTo(1);
    assertThat(out.toString()).contains(": not lazy: ").doesNotContain("WRONG");
    assertThat(run("inspect", path("out"))).isZero();
    assertThat(out.toString()).contains("not lazy: ");

    assertThat(run("convert", layout.blob(odd).toString(), path("file"))).isZero();
    assertThat(err.toString()).hasLineCount(1).contains("warning: layer ", "hard link target");
    assertThat(run("verify", path("file"))).isEqualTo(1);
    assertThat(out.toString()).contains(": not lazy: ").doesNotContain("WRONG");
  }

  @Test
  void imageThatIsNotLazy_hasNothingToVerify() {
    assertThat(run("verify", in())).isEqualTo(1);
    assertThat(out.toString()).contains(": not lazy");
    assertThat(err.toString()).contains("there is no lazy layer");

    assertThat(run("inspect", in())).isZero();
    assertThat(out.toString()).contains("format    not lazy");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--format tar # format tar is not estargz or zstd:chunked",
        "--level 10 # level 10",
        "--level 0 # level 0",
        "--chunk-size 100 # chunk size 100",
        "--keep-diff-id # keeping the DiffID needs an external TOC",
        "--format zstd:chunked --external-toc # zstd:chunked has no external TOC",
        "--platform linux # platform linux is not OS/ARCH",
        "--threads 1000 --chunk-size 67108864 # need up to",
        "--prioritize /no/such/list # no such file: /no/such/list",
      })
  void whatCannotBe_isSaidInOneLine(String text) {
    var parts = text.split(" # ", 2);
    var args = new ArrayList<String>();
    args.add("convert");
    args.addAll(List.of(parts[0].split(" ", -1)));
    args.add(in());
    args.add(path("out"));

    assertThat(run(args.toArray(String[]::new))).isEqualTo(1);
    assertThat(err.toString().strip()).hasLineCount(1).contains(parts[1]);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void imageThatIsNotThere_isNamed() {
    assertThat(run("convert", in() + ":absent", path("out"))).isEqualTo(1);
    assertThat(err.toString()).contains("has no image absent, only [1]");

    assertThat(run("convert", path("absent"), path("out"))).isEqualTo(1);
    assertThat(err.toString()).contains("no such file or directory: " + path("absent"));
  }
}
