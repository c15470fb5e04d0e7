package dev.lazuli.snapshotter.cli;

import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.cli.output.PullProgress;
import dev.lazuli.snapshotter.cli.output.Terminal;
import dev.lazuli.snapshotter.containerd.Containerd;
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
      "Containers that run are not touched."
    })
final class ContentCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "REF",
      arity = "1..*",
      description = "Images that containerd has, for example docker.io/library/python:3.")
  private List<String> names = List.of();

  @Mixin private ContainerdOptions node = new ContainerdOptions();

  @Mixin private NamespaceOption namespace = new NamespaceOption();

  @Mixin private RegistryAccess access = new RegistryAccess();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    var images = new ArrayList<ImageReference>();
    for (var name : names) {
      images.add(RpullCommand.parse(name));
    }
    var out = spec.commandLine().getOut();
    try (var registry = access.client(images);
        var containerd = Containerd.at(node.socket(), namespace.name())) {
      for (var image : images) {
        int missing;
        try (var progress = new PullProgress(out, Terminal.present(), List::of)) {
          missing = containerd.completeContent(image, registry, progress);
        }
        out.printf("%s: complete, %d blobs were missing%n", image, missing);
        out.flush();
      }
    }
    return 0;
  }
}
