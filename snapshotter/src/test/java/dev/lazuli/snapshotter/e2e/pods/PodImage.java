package dev.lazuli.snapshotter.e2e.pods;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** An image for pods: two lazy layers, with a large file that nothing reads. */
public final class PodImage {
  public static final int LAYERS = 2;
  public static final int UNREAD_BYTES = 16 << 20;

  private PodImage() {}

  /** Pushes it, and what every pod needs; returns its reference. */
  public static String push(ContainerdExtension bed) throws IOException {
    return push(bed, "pod", LayerEncoding.ESTARGZ, LayerEncoding.ZSTD_CHUNKED);
  }

  /** Pushes the same with layers that nobody converted. */
  public static String pushUnconverted(ContainerdExtension bed) throws IOException {
    return push(bed, "unconverted", LayerEncoding.GZIP, LayerEncoding.ZSTD);
  }

  private static String push(
      ContainerdExtension bed, String tag, LayerEncoding below, LayerEncoding above)
      throws IOException {
    bed.pushPauseImage();
    var layout = OciLayout.at(bed.directory().resolve("layout"));
    build(layout, tag, below, above);
    return bed.registry().push(layout, tag, tag + ":1");
  }

  /** Makes it in a layout. */
  public static void build(OciLayout layout, String tag, LayerEncoding below, LayerEncoding above)
      throws IOException {
    var programs = new HostFiles();
    for (var program : List.of("/bin/sh", "/bin/cat", "/bin/sleep", "/usr/bin/wc")) {
      programs.program(Path.of(program));
    }
    var _ =
        new ImageBuilder(layout)
            .encoding(below)
            .layer(programs.tree())
            .encoding(above)
            .layer(
                new ImageTree()
                    .file("greeting", "hello from a pod\n")
                    .file("unread", new GeneratedContent(UNREAD_BYTES, 1, GeneratedContent.NOISE)))
            .build(tag);
  }

  /** Asserts that all layers are mounted lazily. */
  public static void assertLazy(ContainerdExtension bed, Node node) throws IOException {
    assertThat(node.mountedLayers())
        .as("%s; %s", node.daemon().log(), bed.containerd().log())
        .hasSize(LAYERS)
        .allMatch(mount -> mount.toString().endsWith(".lazy"));
  }

  /** Runs a container to its end, which logs the greeting, and removes it. */
  public static void greet(Kubelet.Pod pod, String reference, Path logs) throws Exception {
    var once = pod.start("once", reference, "/bin/sh", "-c", "cat /greeting");
    var ended = pod.awaitExit(once);
    assertThat(ended.getExitCode()).as(ended.getMessage()).isZero();
    assertThat(Files.readString(logs.resolve("once.log"))).endsWith(" hello from a pod\n");
    pod.remove(once);
  }
}
