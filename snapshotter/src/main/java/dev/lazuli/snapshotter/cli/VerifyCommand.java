package dev.lazuli.snapshotter.cli;

import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.compare.LayerVerifier;
import dev.lazuli.estargz.compare.VerificationReport;
import dev.lazuli.estargz.read.LayerInspector;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.snapshotter.cli.output.Printable;
import dev.lazuli.snapshotter.convert.ImageLayers;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lazuli verify}: checks every digest and file of lazy layers. */
@Command(
    name = "verify",
    description = {
      "Check a layer, or each lazy layer of an image: the digests of the blob, of its table of"
          + " contents and of every chunk, and whether the files that the table shows are those of"
          + " the layer's tar.",
      "Layers that are not lazy, or have a table of contents that cannot be mounted, are named and"
          + " skipped."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:everything is right",
      "1:something could not be read, or there is no lazy layer",
      "2:wrong usage",
      "3:the memory did not suffice, so nothing is known",
      "4:wrong bytes were found, or files that are not those of the tar"
    })
final class VerifyCommand implements Callable<Integer> {
  /** Wrong bytes or files were found. Not 3, by which the JVM says that its memory is used up. */
  static final int WRONG_BYTES = 4;

  @Mixin private ImageToRead image = new ImageToRead();

  @Option(
      names = "--require-annotation",
      description = "Also fail if no manifest vouches for a table of contents.")
  private boolean annotationRequired;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    return image.read(this::verify);
  }

  private enum Verdict {
    RIGHT,
    WRONG,
    NOT_LAZY
  }

  private int verify(List<ImageLayers.Found> layers) throws IOException, CommandException {
    var out = spec.commandLine().getOut();
    var verdicts = EnumSet.noneOf(Verdict.class);
    try (var verifier = new LayerVerifier(Limits.DEFAULT);
        var inspector = new LayerInspector(Limits.DEFAULT)) {
      for (var layer : layers) {
        verdicts.add(verify(verifier, inspector, layer, out));
        out.flush();
      }
    }
    if (!verdicts.contains(Verdict.RIGHT) && !verdicts.contains(Verdict.WRONG)) {
      throw new CommandException("there is no lazy layer");
    }
    return verdicts.contains(Verdict.WRONG) ? WRONG_BYTES : 0;
  }

  private Verdict verify(
      LayerVerifier verifier, LayerInspector inspector, ImageLayers.Found layer, PrintWriter out)
      throws IOException {
    if (layer.request().isEmpty()) {
      out.printf("%s: not lazy%n", layer.digest());
      return Verdict.NOT_LAZY;
    }
    var request = layer.request().get();
    List<String> problems;
    try {
      problems = problems(verifier.verify(request), layer, out);
    } catch (LayerFormatException e) {
      if (isWhole(inspector, request)) {
        out.printf("%s: not lazy: %s%n", layer.digest(), Printable.of("" + e.getMessage()));
        return Verdict.NOT_LAZY;
      }
      problems = List.of(String.valueOf(e.getMessage()));
    } catch (DigestMismatchException | EOFException e) {
      problems = List.of(String.valueOf(e.getMessage()));
    }
    problems.forEach(
        problem -> out.printf("%s: WRONG: %s%n", layer.digest(), Printable.of(problem)));
    return problems.isEmpty() ? Verdict.RIGHT : Verdict.WRONG;
  }

  /**
   * Returns whether a table of contents that cannot be mounted is all the same the one that was
   * written, as far as anybody says which that is.
   */
  private static boolean isWhole(LayerInspector inspector, OpenRequest request) throws IOException {
    try {
      var _ = inspector.writeToc(request, OutputStream.nullOutputStream());
      return true;
    } catch (DigestMismatchException | LayerFormatException | EOFException wrong) {
      return false;
    }
  }

  private List<String> problems(
      VerificationReport report, ImageLayers.Found layer, PrintWriter out) {
    var problems = new ArrayList<>(report.problems());
    if (!report.blobDigest().toString().equals(layer.digest().toString())) {
      problems.add("blob has the digest " + report.blobDigest());
    }
    if (annotationRequired && !layer.trusted()) {
      problems.add("no annotation gives the digest of its table of contents");
    }
    if (problems.isEmpty()) {
      out.printf(
          "%s: right: %,d chunks, %,d bytes, TOC %s%s%n",
          layer.digest(),
          report.chunks(),
          report.bytes(),
          report.tocDigest(),
          layer.trusted() ? "" : " (no manifest vouches for it)");
    }
    return problems;
  }
}
