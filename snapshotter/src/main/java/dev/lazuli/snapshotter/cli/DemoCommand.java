package dev.lazuli.snapshotter.cli;

import dev.lazuli.demo.registry.LinkProfile;
import dev.lazuli.snapshotter.cli.demo.Demo;
import dev.lazuli.snapshotter.cli.output.Terminal;
import dev.lazuli.snapshotter.waterfall.PictureStyle;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lazuli demo}: shows on this machine, without containerd, what a lazy start is worth. */
@Command(
    name = "demo",
    description =
        "Start a program from an image that is still in its registry, and compare with a full"
            + " pull.")
final class DemoCommand implements Callable<Integer> {
  /** Set by the launcher: how to start ourselves again. */
  private static final String LAUNCHER = "LAZULI_LAUNCHER";

  @Option(
      names = "--program",
      paramLabel = "FILE",
      description =
          "A program of this machine to start, without arguments: it and its libraries are the"
              + " image. Default: Python with its modules.")
  private @Nullable Path program;

  @Option(
      names = "--round-trip",
      paramLabel = "MILLISECONDS",
      defaultValue = "20",
      description = "Round trip to the registry. Default: ${DEFAULT-VALUE}.")
  private long roundTrip;

  @Option(
      names = "--bandwidth",
      paramLabel = "MBIT",
      defaultValue = "200",
      description = "Bandwidth of the registry in Mbit/s, 0 for no limit. Default: 200.")
  private long bandwidth;

  @Option(
      names = "--containerd",
      description = "Start the program with a private containerd and runc. Needs root.")
  private boolean containerd;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Where to write the page. Default: a new temporary file.")
  private @Nullable Path html;

  @Option(names = "--in-namespace", hidden = true)
  private boolean inNamespace;

  @Override
  public Integer call() throws Exception {
    var picture =
        Terminal.present() ? Optional.of(Terminal.style()) : Optional.<PictureStyle>empty();
    var launcher = System.getenv(LAUNCHER);
    var options =
        new Demo.Options(
            Optional.ofNullable(program),
            LinkProfile.of(roundTrip, bandwidth),
            inNamespace,
            launcher != null,
            containerd,
            Optional.ofNullable(html),
            picture);
    var demo = new Demo(System.out, options);
    if (launcher != null && demo.wantsNamespace()) {
      return inNamespace(launcher);
    }
    demo.run();
    return 0;
  }

  /** Only a fresh process can become root of a user namespace. */
  private int inNamespace(String launcher) throws IOException, InterruptedException {
    var command =
        new ArrayList<>(
            List.of("unshare", "--user", "--map-root-user", "--mount", launcher, "demo"));
    command.addAll(
        List.of("--in-namespace", "--round-trip=" + roundTrip, "--bandwidth=" + bandwidth));
    if (program != null) {
      command.add("--program=" + program);
    }
    if (html != null) {
      command.add("--html=" + html);
    }
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }
}
