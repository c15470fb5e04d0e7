package dev.lazuli.snapshotter.cli;

import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.cli.output.Printable;
import dev.lazuli.snapshotter.cli.output.PullProgress;
import dev.lazuli.snapshotter.cli.output.Terminal;
import dev.lazuli.snapshotter.containerd.Containerd;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lazuli content}: makes lazily pulled images ordinary ones for containerd. */
@Command(
    name = "content",
    description = {
      "Download what containerd's content store lacks of images that were pulled lazily.",
      "Then they can be exported, pushed and tagged as others, and used with other snapshotters.",
      "Containers that run are not touched. An image that cannot be completed does not keep the"
          + " others from it: the exit code is then 1."
    })
final class ContentCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "REF",
      arity = "1..*",
      description = "Images that containerd has, for example docker.io/library/python:3.")
  private List<String> names = List.of();

  @Mixin private CtrOptions node = new CtrOptions();

  @Mixin private RegistryAccess access = new RegistryAccess();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    var images = new ArrayList<ImageReference>();
    for (var name : names) {
      images.add(RpullCommand.parse(name));
    }
    try (var registry = access.client(images);
        var containerd = Containerd.at(node.socket(), node.namespace())) {
      int failed = 0;
      for (var image : images) {
        failed += complete(image, containerd, registry) ? 0 : 1;
      }
      return failed == 0 ? 0 : ErrorLine.FAILED;
    }
  }

  private boolean complete(ImageReference image, Containerd containerd, RegistryClient registry)
      throws InterruptedException {
    var line = spec.commandLine();
    try {
      int missing;
      try (var progress = new PullProgress(line.getOut(), Terminal.present(), List::of)) {
        missing = containerd.completeContent(image, registry, progress);
      }
      line.getOut().printf("%s: complete, %d blobs were missing%n", image, missing);
      line.getOut().flush();
      return true;
    } catch (IOException e) {
      line.getErr().println(Printable.of(image + ": " + ErrorLine.describe(e)));
      line.getErr().flush();
      return false;
    }
  }
}
