package dev.lazuli.snapshotter.cli;

import dev.lazuli.bridge.kernel.Mounts;
import dev.lazuli.registry.model.Platform;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.layers.LayerService;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import dev.lazuli.snapshotter.layers.serve.MountChoice;
import dev.lazuli.snapshotter.node.NodeOptions;
import dev.lazuli.snapshotter.node.StopSignal;
import dev.lazuli.snapshotter.snapshots.LayerStack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lazuli mount}: shows a local layer or image as a directory until interrupted. */
@Command(
    name = "mount",
    description = {
      "Mount a lazy layer, or the layers of an image in an OCI layout, read-only.",
      "Setuid programs and device nodes of the image have no effect there.",
      "Stays in the foreground; Ctrl-C unmounts."
    })
final class MountCommand implements Callable<Integer> {
  private static final long OVERLAY_FLAGS = Mounts.MS_RDONLY | Mounts.MS_NOSUID | Mounts.MS_NODEV;

  @Parameters(
      index = "0",
      paramLabel = "LAYER|LAYOUT[:TAG]",
      description = "A layer blob in a file, or an OCI layout.")
  private String what = "";

  @Parameters(index = "1", paramLabel = "DIR", description = "An existing directory.")
  private Path directory = Path.of("");

  @Option(
      names = "--platform",
      paramLabel = "OS/ARCH",
      description = "Which image to take if there are several. Default: this machine's.")
  private @Nullable String platform;

  @Option(
      names = "--way",
      paramLabel = "WAY",
      defaultValue = "AUTO",
      description = "How to mount: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private MountChoice way = MountChoice.AUTO;

  @Override
  public Integer call() throws Exception {
    if (!Files.isDirectory(directory)) {
      throw new CommandException(directory + " is not a directory");
    }
    StopSignal.handle();
    var local = LocalLayers.open(what, wanted());
    var scratch = Files.createTempDirectory("lazuli-mount");
    try (var service =
        LayerService.open(
            NodeOptions.scratch(scratch.resolve("root"), scratch.resolve("run"), way),
            local,
            FetchListener.NONE)) {
      show(local, service, scratch);
    } finally {
      delete(scratch);
    }
    return 0;
  }

  private Platform wanted() throws CommandException {
    return platform == null ? Platform.current() : RegistryAccess.platform(platform);
  }

  private void show(LocalLayers local, LayerService service, Path scratch)
      throws IOException, InterruptedException {
    var layers = new ArrayList<RemoteLayer>();
    try {
      for (var request : local.requests()) {
        layers.add(
            request.tocDigest().isPresent()
                ? service.layers().mount(request)
                : service.layers().mountAhead(request));
      }
      mount(layers, scratch);
      System.out.println(
          directory + ": " + layers.size() + " layers by " + service.kind() + "; Ctrl-C unmounts");
      var _ = StopSignal.await();
      Mounts.unmount(directory, Mounts.MNT_DETACH);
    } finally {
      layers.forEach(RemoteLayer::close);
    }
  }

  /** Even a single layer is shown through overlayfs, which hides whiteouts. */
  private void mount(List<RemoteLayer> layers, Path scratch) throws IOException {
    var trees = Files.createDirectory(scratch.resolve("trees"));
    var lower = new ArrayList<>(LayerStack.lower(layers, trees));
    lower.add(Files.createDirectory(scratch.resolve("empty")));
    try (var names = LowerNames.of(lower)) {
      Mounts.mount("overlay", directory, "overlay", OVERLAY_FLAGS, "lowerdir=" + names.joined());
    }
  }

  private static void delete(Path scratch) throws IOException {
    try (var files = Files.walk(scratch)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
