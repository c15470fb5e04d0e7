package dev.lazuli.snapshotter.cli;

import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.cli.output.PullProgress;
import dev.lazuli.snapshotter.cli.output.Terminal;
import dev.lazuli.snapshotter.containerd.Containerd;
import dev.lazuli.snapshotter.containerd.LayerProgress;
import dev.lazuli.snapshotter.containerd.PullRequest;
import dev.lazuli.snapshotter.containerd.PulledImage;
import dev.lazuli.snapshotter.status.StatusClient;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lazuli rpull}: pulls an image into containerd without downloading its lazy layers. */
@Command(
    name = "rpull",
    description = {
      "Pull an image into containerd: mount what can be mounted, download the rest.",
      "Containers can be created from it as soon as this returns."
    })
final class RpullCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "REF",
      description = "The image, for example docker.io/library/python:3.")
  private String reference = "";

  @Option(
      names = "--status",
      paramLabel = "SOCKET",
      defaultValue = "/run/lazuli/status.sock",
      description =
          "The daemon's status socket. On a terminal it is asked how much has been fetched so far."
              + " Default: ${DEFAULT-VALUE}.")
  private Path status = Path.of("");

  @Option(names = "--platform", paramLabel = "OS/ARCH", description = "Default: this machine's.")
  private @Nullable String platform;

  @Option(names = "--all-platforms", description = "Also pull the images for other platforms.")
  private boolean allPlatforms;

  @Option(names = "--skip-content-verify", description = "Accept layers that cannot be verified.")
  private boolean skipVerification;

  @Option(
      names = "--label",
      paramLabel = "KEY=VALUE",
      description = "Label for the image's record in containerd.")
  private Map<String, String> labels = new LinkedHashMap<>();

  @Mixin private CtrOptions node = new CtrOptions();

  @Mixin private RegistryAccess access = new RegistryAccess();

  @Override
  public Integer call() throws Exception {
    var image = parse(reference);
    var preset = PullRequest.of(image, node.snapshotter());
    var request =
        new PullRequest(
            image,
            node.snapshotter(),
            platform == null ? preset.platform() : RegistryAccess.platform(platform),
            allPlatforms,
            preset.prefetchBytes(),
            skipVerification,
            labels);
    try (var registry = access.client(List.of(image));
        var containerd = Containerd.at(node.socket(), node.namespace())) {
      var out = spec.commandLine().getOut();
      PulledImage pulled;
      try (var progress = newProgress(out)) {
        pulled = containerd.pull(request, registry, progress);
      }
      out.println(summary(image.toString(), pulled.layers()));
      out.flush();
    }
    return 0;
  }

  /** Says in one line how the layers came; where all were downloaded, where to look for why. */
  static String summary(String image, List<LayerProgress> layers) {
    long mounted = layers.stream().filter(LayerProgress.MOUNTED::equals).count();
    long present = layers.stream().filter(LayerProgress.PRESENT::equals).count();
    var line =
        new StringBuilder("%s: %d of %d layers mounted".formatted(image, mounted, layers.size()));
    if (present > 0) {
      line.append(", ").append(present).append(" already here");
    }
    if (mounted + present < layers.size()) {
      line.append("; lazuli status says why not all");
    }
    return line.toString();
  }

  private PullProgress newProgress(PrintWriter out) {
    var daemon = new StatusClient(status);
    return new PullProgress(out, Terminal.present(), () -> daemon.status().layers());
  }

  /** Reads a reference that somebody typed. */
  static ImageReference parse(String reference) throws CommandException {
    try {
      return ImageReference.parse(reference);
    } catch (IllegalArgumentException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e);
    }
  }
}
