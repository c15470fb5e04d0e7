package dev.lazuli.snapshotter.cli.demo;

import dev.lazuli.snapshotter.registry.RegistryClient;
import dev.lazuli.snapshotter.registry.RegistryOptions;
import dev.lazuli.testimages.containerd.TestContainerd;
import dev.lazuli.testimages.registry.LinkProfile;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;

/** Builds the image, starts it lazily and after a full pull, and reports. Leaves nothing behind. */
public final class Demo {
  private final PrintStream out;
  private final LinkProfile link;
  private final boolean inNamespace;
  private final boolean containerd;

  /**
   * Makes a demo.
   *
   * @param link what lies between the registry and this machine
   * @param inNamespace whether this process is root of a user namespace made for the demo
   * @param containerd whether a private containerd and runc start the program
   */
  public Demo(PrintStream out, LinkProfile link, boolean inNamespace, boolean containerd) {
    this.out = out;
    this.link = link;
    this.inNamespace = inNamespace;
    this.containerd = containerd;
  }

  /** Returns whether the demo should rather run as root of a user namespace. */
  public boolean wantsNamespace() {
    return !containerd && !inNamespace && Way.find(false).kind() == Way.Kind.NAMESPACE;
  }

  /** Runs it. */
  public void run() throws IOException, InterruptedException {
    var way = way();
    var directory = Files.createTempDirectory("lazuli-demo");
    try (var registry = TestRegistry.start();
        var client = new RegistryClient(RegistryOptions.builder().build())) {
      out.println("way       " + way.reason());
      var program = DemoProgram.find();
      out.print("image     " + program.name() + " of this machine ... ");
      out.flush();
      var _ = DemoImage.build(program, directory.resolve("layout"), registry);
      var image = DemoImage.resolve(client, registry);
      out.println(image.layers().size() + " eStargz layers, " + Report.size(image.bytes()));
      out.println(
          "registry  in this process, behind a round trip of "
              + link.roundTrip().toMillis()
              + " ms and "
              + link.bitsPerSecond() / 1_000_000
              + " Mbit/s");
      registry.setLink(link);
      if (containerd) {
        var pair = new ContainerdStart(client, registry, directory).run(program);
        new Report(image.bytes(), way, pair.lazy(), pair.full()).print(out);
        return;
      }
      var lazy = lazy(way, program, client, registry, directory.resolve("lazy"));
      var full =
          new FullPull(client, registry, Files.createDirectories(directory.resolve("full")))
              .run(program, way.kind() != Way.Kind.IN_PROCESS);
      new Report(image.bytes(), way, lazy, full).print(out);
    } finally {
      delete(directory);
    }
  }

  private Way way() throws IOException {
    var found = Way.find(inNamespace);
    if (!containerd) {
      return found;
    }
    var obstacle =
        found.kind() == Way.Kind.MOUNT ? TestContainerd.obstacle() : Optional.of("not root");
    if (obstacle.isPresent()) {
      throw new IOException("containerd cannot be started here: " + obstacle.get());
    }
    return new Way(Way.Kind.MOUNT, "a private containerd and runc, with our snapshotter");
  }

  private static Start lazy(
      Way way, DemoProgram program, RegistryClient client, TestRegistry registry, Path directory)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    return way.kind() == Way.Kind.IN_PROCESS
        ? new InProcessStart(client, registry, directory).run(program)
        : new LazyStart(client, registry, directory, way.kind().choice()).run(program);
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
