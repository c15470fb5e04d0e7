package dev.lazuli.snapshotter.cli.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.demo.containerd.PrivateContainerd;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.LinkProfile;
import dev.lazuli.demo.registry.LocalRegistry;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.snapshotter.waterfall.HtmlPage;
import dev.lazuli.snapshotter.waterfall.PictureStyle;
import dev.lazuli.snapshotter.waterfall.TerminalPicture;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Builds an image, starts it lazily, builds it again with what that start has read put first,
 * starts that lazily, and at last after a full pull; then it reports. Leaves nothing behind but the
 * page.
 */
public final class Demo {
  private final PrintStream out;
  private final Options options;
  private final Way found;

  /**
   * What can be chosen.
   *
   * @param program what to start; empty: Python
   * @param link what lies between the registry and this machine
   * @param inNamespace whether this process is root of a user namespace made for the demo
   * @param launched whether this process can be started again in such a namespace
   * @param containerd whether a private containerd and runc start the program
   * @param page where to write the page; empty: a new file in the directory for temporary files
   * @param picture how to draw on the terminal; empty: not at all
   */
  public record Options(
      Optional<Path> program,
      LinkProfile link,
      boolean inNamespace,
      boolean launched,
      boolean containerd,
      Optional<Path> page,
      Optional<PictureStyle> picture) {
    private Way.Place place() {
      if (inNamespace) {
        return Way.Place.INSIDE;
      }
      return launched && !containerd ? Way.Place.OUTSIDE : Way.Place.OUTSIDE_FOR_GOOD;
    }
  }

  /** Makes a demo, after trying what is possible on this machine. */
  public Demo(PrintStream out, Options options) {
    this.out = out;
    this.options = options;
    this.found = Way.find(options.place());
  }

  /** Returns whether the demo should rather run as root of a user namespace. */
  public boolean wantsNamespace() {
    return !options.inNamespace() && found.kind() == Way.Kind.NAMESPACE;
  }

  /** Runs it. */
  public void run() throws IOException, InterruptedException {
    var way = way();
    var directory = makeDirectory();
    try (var registry = LocalRegistry.start();
        var client = new RegistryClient(RegistryOptions.builder().build())) {
      say("way", way.reason());
      var program =
          options.program().isPresent()
              ? DemoProgram.of(options.program().get())
              : DemoProgram.find();
      out.printf("%-9s %s of this machine ... ", "image", program.name());
      out.flush();
      var layout = OciLayout.at(directory.resolve("layout"));
      var none = Collections.nCopies(program.layers().size(), List.<String>of());
      DemoImage.build(program, DemoImage.PLAIN, none, layout, registry);
      var image = DemoImage.resolve(client, registry, DemoImage.PLAIN);
      out.println(image.layers().size() + " eStargz layers, " + Report.size(image.bytes()));
      say("registry", "in this process, behind " + link());
      registry.setLink(options.link());
      var starts = starts(way, program, image, layout, client, registry, directory);
      report(new Report(image.bytes(), way, starts));
    } finally {
      MountTrial.delete(directory);
    }
  }

  /** The address of containerd's sockets holds 107 bytes, which not every directory leaves. */
  private Path makeDirectory() throws IOException {
    return options.containerd()
        ? Files.createTempDirectory(Path.of("/tmp"), "lazuli-demo")
        : Files.createTempDirectory("lazuli-demo");
  }

  private void say(String what, String words) {
    out.printf("%-9s %s%n", what, words);
    out.flush();
  }

  private String link() {
    long bits = options.link().bitsPerSecond();
    return "a round trip of "
        + options.link().roundTrip().toMillis()
        + " ms and "
        + (bits == 0 ? "no limit of bandwidth" : bits / 1_000_000 + " Mbit/s");
  }

  private Starts starts(
      Way way,
      DemoProgram program,
      DemoImage image,
      OciLayout layout,
      RegistryClient client,
      LocalRegistry registry,
      Path directory)
      throws IOException, InterruptedException {
    Starts.Optimiser optimiser =
        first -> {
          var files = image.wanted(first, Program.run(program.listing()).lines().toList());
          say("optimised", "what the program reads is put first in each layer, for prefetch");
          DemoImage.build(program, DemoImage.OPTIMISED, files, layout, registry);
        };
    if (options.containerd()) {
      return new ContainerdStart(client, registry, directory).run(program, optimiser);
    }
    var lazily = new LazyWay(way, program, client, registry, directory);
    var plain = lazily.start(DemoImage.PLAIN);
    optimiser.optimise(plain.waterfall().orElseThrow());
    var optimised = lazily.start(DemoImage.OPTIMISED);
    var full =
        new FullPull(client, registry, Files.createDirectories(directory.resolve("full")))
            .run(program, way.kind() != Way.Kind.IN_PROCESS);
    return new Starts(plain, optimised, full);
  }

  /** Starts the program lazily in the way that is possible here. */
  private record LazyWay(
      Way way, DemoProgram program, RegistryClient client, LocalRegistry registry, Path directory) {
    Start start(String tag) throws IOException, InterruptedException {
      var place = Files.createDirectories(directory.resolve(tag));
      return way.kind() == Way.Kind.IN_PROCESS
          ? new InProcessStart(client, registry, place).run(program, tag)
          : new LazyStart(client, registry, place, way.kind().choice()).run(program, tag);
    }
  }

  private Way way() throws IOException {
    if (!options.containerd()) {
      return found;
    }
    var obstacle = PrivateContainerd.obstacle();
    if (obstacle.isPresent()) {
      throw new IOException("containerd cannot be started here: " + obstacle.get());
    }
    if (found.kind() != Way.Kind.MOUNT) {
      throw new IOException("containerd cannot start anything lazily here; " + found.reason());
    }
    return new Way(Way.Kind.MOUNT, "a private containerd and runc, with our snapshotter");
  }

  private void report(Report report) throws IOException {
    report.print(out);
    var waterfalls = report.starts().waterfalls();
    options
        .picture()
        .ifPresent(style -> out.print("\n" + TerminalPicture.of(waterfalls.getFirst(), style)));
    var page =
        options.page().isPresent()
            ? options.page().get()
            : Files.createTempFile("lazuli-demo-", ".html");
    Files.writeString(page, HtmlPage.of(waterfalls), UTF_8);
    out.println();
    say("page", page.toAbsolutePath().toString());
  }
}
