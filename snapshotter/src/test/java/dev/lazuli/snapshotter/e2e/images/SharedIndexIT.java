package dev.lazuli.snapshotter.e2e.images;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.ChannelBlobSource;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.RegistryPush;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.MediaTypes;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.snapshotter.e2e.RootView;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.images.TreeComparer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * An image that nobody has converted, on a node that has never seen it: lazy by an index that was
 * made elsewhere. Real containerd, real registry.
 */
final class SharedIndexIT {
  private static final int LAYERS = 2;
  private static final int FILES = 40;
  private static final long FILE_BYTES = 500_000;

  // What the daemon logs.
  private static final String BY_INDEX = ": mounted by index ";
  private static final String WHOLE = "[bulk] layer ";
  private static final String LIE = "is not what its image says; it is now";
  private static final String BANNED = "has lied, so it is pulled whole";

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static OciLayout layout;
  private static String image;
  private static Digest manifest;
  private static Node node;

  @BeforeAll
  static void indexAnImage() throws IOException {
    layout = OciLayout.at(BED.directory().resolve("layout"));
    var builder = new ImageBuilder(layout).encoding(LayerEncoding.GZIP);
    builder.layer(new HostFiles().program(Path.of("/bin/sh")).program(Path.of("/bin/cat")).tree());
    var tree = new ImageTree().directory("data").file("greeting", "good evening\n");
    for (int i = 0; i < FILES; i++) {
      tree.file("data/f" + i, FileContent.generated(FILE_BYTES, i));
    }
    builder.layer(tree.symlink("data/link", "f0").hardLink("data/twin", "data/f1"));
    builder.build("1");
    image = BED.registry().push(layout, "1", "app:plain");
    manifest = Digest.parseSha256(requireNonNull(layout.images().get("1")).digest());
    index("--push", "--to", repository("indexes"));
    node = Node.start(BED, settings("indexes", false));
  }

  private static String repository(String name) {
    return BED.registry().host() + "/" + name;
  }

  private static String index(String... options) throws IOException {
    return DaemonProcess.lazuli("index", "--plain-http", image)
        .with(options)
        .within(Node.LONG)
        .check()
        .output();
  }

  private static String[] settings(String side, boolean background) {
    return new String[] {
      "bulk.index_quota=0",
      "prefetch.enabled=false",
      "fetch.background_delay=0s",
      "fetch.background=" + background,
      "indexes.side_repository=" + repository(side)
    };
  }

  @AfterEach
  void allGoesAgain() throws IOException {
    forgetImages();
  }

  /** Restarts the daemon unless it runs with these settings. */
  private static void useDaemon(String... settings) throws IOException {
    if (!node.runsWith(settings)) {
      node.restartDaemon(settings);
    }
  }

  private static void forgetImages() throws IOException {
    node.removeAllImages();
    node.awaitNothingLeft();
  }

  /** A layer of which a start has brought everything may be mounted locally as well. */
  private static void assertLazy() throws IOException {
    assertThat(node.mountedLayers())
        .filteredOn(path -> path.toString().endsWith(".lazy"))
        .hasSize(LAYERS);
  }

  private static String contentLayer() throws IOException {
    return layout.layers(requireNonNull(layout.images().get("1"))).get(1).digest();
  }

  @Test
  void nodeThatHasNeverSeenTheImage_mountsItLazily_movesLittle_andShowsTheSameFiles()
      throws IOException {
    useDaemon(settings("indexes", false));
    node.rpull(image).check();

    assertLazy();
    assertThat(node.shell(image, "second", "cat /greeting")).isEqualTo("good evening");
    assertThat(node.bytesOnDisk()).isLessThan(FILES * FILE_BYTES / 2);
    node.ctr("image", "pull", "--plain-http", image);
    node.restartDaemon(settings("indexes", false));
    assertThat(node.shell(image, "restarted", "cat /data/f7 | head -c 0; cat /greeting"))
        .isEqualTo("good evening");
    var expected = RootView.see(BED, "overlayfs", image, TreeComparer::of);
    var differences = RootView.see(BED, "lazuli", image, expected::differences);
    // The root of a new container is as old as the container.
    assertThat(differences).filteredOn(line -> !line.startsWith(".: mtime: ")).isEmpty();
  }

  @Test
  void layerMountedByAnIndex_isProved_andThenNeedsNoDaemon() throws IOException {
    useDaemon(settings("indexes", true));
    long byIndex = node.logged(BY_INDEX);
    long whole = node.logged(WHOLE);

    node.rpull(image).check();

    node.await("all layers are proved", () -> node.localLayers() == LAYERS);
    assertThat(node.logged(BY_INDEX)).isEqualTo(byIndex + LAYERS);
    assertThat(node.logged(WHOLE)).isEqualTo(whole);
  }

  @Test
  void referrerOfTheImage_isUsed_onlyIfTheNodeIsToldSo() throws IOException {
    index("--push");

    node.restartDaemon("bulk.index_quota=0", "fetch.background=false");
    node.rpull(image).check();
    assertThat(node.localLayers()).isEqualTo(LAYERS);
    forgetImages();
    node.restartDaemon("bulk.index_quota=0", "fetch.background=false", "indexes.referrers=true");
    node.rpull(image).check();

    assertLazy();
  }

  @Test
  void nodeThatPulledTheImageWhole_publishesWhatItLearnt_andTheNextOneIsLazy() throws IOException {
    var learning = new ArrayList<>(List.of(settings("learnt", false)));
    learning.add("indexes.publish=" + BED.registry().host() + "/*");
    learning.add("indexes.publish_delay=0s");
    node.restartDaemon(learning.toArray(String[]::new));
    long byIndex = node.logged(BY_INDEX);
    node.rpull(image).check();
    assertThat(node.localLayers()).isEqualTo(LAYERS);
    node.await("both layers are published", () -> published() == LAYERS);
    forgetImages();
    node.restartDaemon(settings("learnt", false)); // Knows nothing: as another node.

    node.rpull(image).check();

    assertLazy();
    assertThat(node.logged(BY_INDEX)).isEqualTo(byIndex + LAYERS);
    assertThat(node.shell(image, "learnt", "cat /greeting")).isEqualTo("good evening");
  }

  /** As the daemon counts them: in one go, or one after the other. */
  private static long published() throws IOException {
    return node.daemon()
        .log()
        .lines()
        .map(Pattern.compile(": (\\d+) indexes published in ")::matcher)
        .filter(Matcher::find)
        .mapToLong(found -> Long.parseLong(found.group(1)))
        .sum();
  }

  @Test
  void imageNamedByTheDigestOfItsList_isLazyByTheIndexesOfItsManifest() throws IOException {
    var listed = requireNonNull(layout.images().get("1"));
    var list =
        """
        {"schemaVersion":2,"mediaType":"%s","manifests":[{"mediaType":"%s","digest":"%s","size":%d}]}
        """
            .formatted(
                MediaTypes.OCI_INDEX, MediaTypes.OCI_MANIFEST, listed.digest(), listed.size());
    Digest digest;
    try (var client = client()) {
      var to = client.push(ImageReference.parse(repository("app")));
      digest = to.manifest("many", MediaTypes.OCI_INDEX, list.getBytes(UTF_8));
    }

    node.ctrRemotePull(repository("app") + "@" + digest).check();

    assertLazy();
  }

  @Test
  void imageWithExternalTocs_isLazy_andProved() throws IOException {
    var external = repository("app") + ":external";
    DaemonProcess.lazuli("convert", "--plain-http", "--external-toc", "--level=1", image, external)
        .within(Node.LONG)
        .check();
    node.rpull(external).check();
    assertLazy();
    assertThat(node.shell(external, "external", "cat /greeting")).isEqualTo("good evening");

    node.restartDaemon(settings("indexes", true));

    node.await("all layers are proved", () -> node.localLayers() == LAYERS);
    assertThat(node.shell(external, "proved", "cat /greeting")).isEqualTo("good evening");
  }

  @Test
  void indexThatLiesAboutAFile_isFoundOut_andTheLayerIsPulledWhole() throws IOException {
    push("lies/entries", index -> LyingIndex.withSetuid(index, "greeting"));

    assertIsFoundOut("lies/entries");

    assertThat(node.shell(image, "right", "test -u /greeting || cat /greeting"))
        .isEqualTo("good evening");
  }

  @Test
  void indexWithDigestsOfOtherContent_givesErrors_andIsFoundOut() throws IOException {
    push("lies/digests", LyingIndex::withOtherDigests);
    node.restartDaemon(settings("lies/digests", false));
    node.rpull(image).check();
    assertThat(node.container(image, "wrong", "/bin/cat", "/greeting").run().exitStatus())
        .isNotZero();
    forgetImages();

    assertIsFoundOut("lies/digests");

    assertThat(node.shell(image, "right", "cat /greeting")).isEqualTo("good evening");
  }

  private static void assertIsFoundOut(String side) throws IOException {
    node.restartDaemon(settings(side, true));
    long lies = node.logged(LIE);
    node.rpull(image).check();
    node.await("the lie is found", () -> node.logged(LIE) > lies);
    forgetImages();
    long banned = node.logged(BANNED);
    long whole = node.logged(WHOLE + contentLayer());

    node.rpull(image).check();

    assertThat(node.logged(BANNED)).isGreaterThan(banned);
    assertThat(node.logged(WHOLE + contentLayer())).isEqualTo(whole + 1);
  }

  /** Puts a changed index of the layer with content into another side repository. */
  private static void push(String side, LyingIndex.Change change) throws IOException {
    var indexes = BED.directory().resolve(side.replace('/', '-'));
    index("--output", indexes.toString());
    var tag = "sha256-" + manifest.hex();
    var honest = requireNonNull(OciLayout.at(indexes).images().get(tag)).digest();
    try (var client = client()) {
      var to = client.push(ImageReference.parse(repository(side)));
      byte[] document =
          LyingIndex.change(indexes, honest, contentLayer(), change, blob -> push(to, blob));
      assertThat(List.of(to.manifest(tag, MediaTypes.OCI_MANIFEST, document))).hasSize(1);
    }
  }

  private static RegistryClient client() {
    return new RegistryClient(
        RegistryOptions.builder().plainHttpHost(BED.registry().host()).build());
  }

  private static void push(RegistryPush to, byte[] blob) throws IOException {
    var file = Files.write(BED.directory().resolve("pushed"), blob);
    try (var content = FileChannel.open(file)) {
      var _ = to.blob(Digest.sha256(blob), blob.length, new ChannelBlobSource(content), null);
    }
  }
}
