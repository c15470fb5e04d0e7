package dev.lazuli.testimages.containerd;

import dev.lazuli.demo.containerd.ContainerdConfig;
import dev.lazuli.demo.containerd.NodePrograms;
import dev.lazuli.demo.containerd.PrivateContainerd;
import dev.lazuli.demo.images.ContainerDefaults;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.testimages.CleanUp;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Gives a test class a private containerd and a {@code docker-registry}, and takes them away after
 * its last test, whatever happens, even if the JVM is told to end. Where they cannot run, the class
 * is skipped with the reason.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final ContainerdExtension BED = new ContainerdExtension();
 * }</pre>
 *
 * <p>The snapshotter {@code lazuli} is expected at {@link #snapshotterSocket}, inside {@link
 * #directory}; what a test starts in there it hands to {@link #closeAtEnd}.
 */
public final class ContainerdExtension
    implements BeforeAllCallback, AfterAllCallback, ExecutionCondition, AutoCloseable {
  private final UnaryOperator<ContainerdConfig> change;
  private final NodePrograms programs;
  private @Nullable CleanUp cleanUp;
  private @Nullable Path directory;
  private @Nullable PrivateContainerd containerd;
  private @Nullable DockerRegistry registry;

  /** Uses the usual configuration. */
  public ContainerdExtension() {
    this(config -> config);
  }

  /**
   * Uses a changed configuration.
   *
   * @param change applied to the usual one
   */
  public ContainerdExtension(UnaryOperator<ContainerdConfig> change) {
    this(change, NodePrograms.chosen());
  }

  /**
   * Uses a changed configuration and the programs of a node.
   *
   * @param change applied to the usual one
   */
  public ContainerdExtension(UnaryOperator<ContainerdConfig> change, NodePrograms programs) {
    this.change = change;
    this.programs = programs;
  }

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return PrivateContainerd.obstacle()
        .or(DockerRegistry::obstacle)
        .map(ConditionEvaluationResult::disabled)
        .orElseGet(() -> ConditionEvaluationResult.enabled("containerd can run here"));
  }

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    open();
  }

  /**
   * Starts the registry and containerd, for a test that has its own bed; {@link #close} takes them
   * away again.
   */
  public void open() throws IOException {
    var opened = new CleanUp();
    cleanUp = opened;
    var bed = opened.directory("lz");
    directory = bed;
    var images = opened.open(() -> DockerRegistry.start(bed.resolve("registry")));
    registry = images;
    var config =
        ContainerdConfig.lazuliAt(bed.resolve("lazuli.sock"))
            .withPlainHttp(images.host())
            .withSandboxImage(images.host() + "/pause:1");
    containerd =
        opened.open(
            () -> PrivateContainerd.start(bed.resolve("c"), change.apply(config), programs));
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    close();
  }

  /** Takes everything away. Idempotent. */
  @Override
  public void close() throws IOException {
    if (cleanUp != null) {
      cleanUp.close();
    }
  }

  /** Returns the directory of this bed: short, empty at first, and removed at the end. */
  public Path directory() {
    return running(directory);
  }

  /** Returns where containerd expects the snapshotter {@code lazuli}. */
  public Path snapshotterSocket() {
    return directory().resolve("lazuli.sock");
  }

  /** Returns the private containerd. */
  public PrivateContainerd containerd() {
    return running(containerd);
  }

  /** Returns the private registry. */
  public DockerRegistry registry() {
    return running(registry);
  }

  /**
   * Gives the registry the image that pods need for their pause containers: this machine's {@code
   * sleep}.
   */
  public void pushPauseImage() throws IOException {
    var sleep = HostFiles.find("sleep").orElseThrow(() -> new IOException("no sleep here"));
    var layout = OciLayout.at(directory().resolve("pause"));
    new ImageBuilder(layout)
        .layer(new HostFiles().program(sleep).tree())
        .config(ContainerDefaults.DEFAULT.withCommand(sleep.toString(), "infinity"))
        .build("pause");
    registry().push(layout, "pause", "pause:1");
  }

  /** Closes {@code resource} at the end, before containerd and all that was given here before. */
  public <T extends AutoCloseable> T closeAtEnd(T resource) throws IOException {
    return running(cleanUp).open(() -> resource);
  }

  private static <T> T running(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("the test bed runs only between beforeAll and afterAll");
    }
    return part;
  }
}
