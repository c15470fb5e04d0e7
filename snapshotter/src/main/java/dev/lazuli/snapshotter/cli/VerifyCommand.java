package dev.lazuli.snapshotter.cli;

import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.LayerVerifier;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.snapshotter.convert.ImageLayers;
import java.io.EOFException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lazuli verify}: checks every digest of lazy layers. */
@Command(
    name = "verify",
    description = {
      "Check a layer, or each lazy layer of an image: the blob's digest, that of its table of"
          + " contents, and every chunk's.",
      "Layers that are not lazy are named and passed over."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all is right",
      "1:something could not be read, or there is no lazy layer",
      "2:wrong usage",
      "3:wrong bytes were found"
    })
final class VerifyCommand implements Callable<Integer> {
  /** Wrong bytes were found. */
  static final int WRONG_BYTES = 3;

  @Mixin private ImageToRead image = new ImageToRead();

  @Option(
      names = "--require-annotation",
      description = "Also fail where no manifest vouches for a table of contents.")
  private boolean annotationRequired;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    return image.read(this::verify);
  }

  private int verify(List<ImageLayers.Found> layers) throws IOException, CommandException {
    var out = spec.commandLine().getOut();
    var wrong = 0;
    var lazy = 0;
    try (var verifier = new LayerVerifier(Limits.DEFAULT)) {
      for (var layer : layers) {
        if (layer.request().isEmpty()) {
          out.printf("%s: not lazy%n", layer.digest());
          continue;
        }
        lazy++;
        var problems = problems(verifier, layer, layer.request().get(), out);
        problems.forEach(problem -> out.printf("%s: WRONG: %s%n", layer.digest(), problem));
        wrong += problems.isEmpty() ? 0 : 1;
        out.flush();
      }
    }
    out.flush();
    if (lazy == 0) {
      throw new CommandException("there is no lazy layer");
    }
    return wrong == 0 ? 0 : WRONG_BYTES;
  }

  private List<String> problems(
      LayerVerifier verifier, ImageLayers.Found layer, OpenRequest request, PrintWriter out)
      throws IOException {
    try {
      var report = verifier.verify(request);
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
            layer.trusted() ? "" : " (nobody vouches for it)");
      }
      return problems;
    } catch (DigestMismatchException | LayerFormatException | EOFException e) {
      return List.of(String.valueOf(e.getMessage()));
    }
  }
}
