package dev.lazuli.snapshotter.e2e.images;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One image in every form that registries hold, pulled by both clients into real containerd. */
final class ImageKindsIT {
  private static final int LAYERS = 3;
  private static final String[] SETTINGS = {
    "bulk.enabled=true", "bulk.index_quota=0", "fetch.background=false", "prefetch.enabled=false"
  };

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static Node node;

  /** How the image's three layers are encoded, and how many of them each client gets mounted. */
  enum Kind {
    ESTARGZ(LAYERS, LAYERS),
    ZSTD_CHUNKED(LAYERS, LAYERS),
    CTR_REMOTE_ESTARGZ(LAYERS, LAYERS),
    CTR_REMOTE_ZSTD_CHUNKED(LAYERS, LAYERS),
    // Its annotations have names that containerd does not hand on: only our client does.
    SKOPEO_ZSTD_CHUNKED(LAYERS, 0),
    PLAIN(0, 0),
    // Many frames, with a frame to be skipped before each.
    PZSTD(0, 0),
    PZSTD_CONVERTED(LAYERS, LAYERS),
    MIXED(2, 2);

    /** How many layers each client gets mounted before they are here; the others come whole. */
    final int lazyByRpull;

    final int lazyByCtrRemote;

    Kind(int lazyByRpull, int lazyByCtrRemote) {
      this.lazyByRpull = lazyByRpull;
      this.lazyByCtrRemote = lazyByCtrRemote;
    }

    String tag() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @BeforeAll
  static void pushImages() throws IOException {
    var layout = OciLayout.at(BED.directory().resolve("layout"));
    var gzip = LayerEncoding.GZIP;
    build(layout, Kind.ESTARGZ, LayerEncoding.ESTARGZ);
    build(layout, Kind.ZSTD_CHUNKED, LayerEncoding.ZSTD_CHUNKED);
    build(layout, Kind.PLAIN, gzip);
    build(layout, Kind.MIXED, LayerEncoding.ESTARGZ, gzip, LayerEncoding.ZSTD_CHUNKED);
    var skopeo = OciLayout.at(BED.directory().resolve("skopeo"));
    Command.of("skopeo", "--insecure-policy", "copy", "--quiet")
        .with("--dest-compress-format", "zstd:chunked")
        .with("oci:" + layout.directory() + ":" + Kind.PLAIN.tag())
        .with("oci:" + skopeo.directory() + ":" + Kind.SKOPEO_ZSTD_CHUNKED.tag())
        .within(Node.LONG)
        .check();
    push(skopeo, Kind.SKOPEO_ZSTD_CHUNKED);
    pushPzstd();
    node = Node.start(BED, SETTINGS);
    node.ctr("image", "pull", "--plain-http", reference(Kind.PLAIN));
    convert(Kind.CTR_REMOTE_ESTARGZ, "--estargz");
    convert(Kind.CTR_REMOTE_ZSTD_CHUNKED, "--zstdchunked");
    node.removeImage(reference(Kind.PLAIN));
  }

  private static String reference(Kind kind) {
    return BED.registry().host() + "/kinds:" + kind.tag();
  }

  private static void build(OciLayout layout, Kind kind, LayerEncoding... encodings)
      throws IOException {
    var image = new ImageBuilder(layout);
    var trees = trees();
    for (int i = 0; i < LAYERS; i++) {
      image.encoding(encodings[Math.min(i, encodings.length - 1)]).layer(trees.get(i));
    }
    var _ = image.build(kind.tag());
    push(layout, kind);
  }

  private static void pushPzstd() throws IOException {
    var plain = OciLayout.at(BED.directory().resolve("tars"));
    var layout = OciLayout.at(BED.directory().resolve("pzstd"));
    var image = new ImageBuilder(layout);
    for (var tree : trees()) {
      image.layer(pzstd(plain.addLayer(tree, LayerEncoding.PLAIN), plain, layout));
    }
    var _ = image.build(Kind.PZSTD.tag());
    push(layout, Kind.PZSTD);
    DaemonProcess.lazuli("convert", "--plain-http", "--format=zstd:chunked")
        .with(reference(Kind.PZSTD), reference(Kind.PZSTD_CONVERTED))
        .within(Node.LONG)
        .check();
  }

  private static LayoutLayer pzstd(LayoutLayer tar, OciLayout from, OciLayout to)
      throws IOException {
    var compressed = BED.directory().resolve("layer.zst");
    var blob = from.blob(tar.descriptor().digest());
    Command.of("pzstd", "--processes", "4", "--force", "--quiet")
        .with(blob.toString(), "-o", compressed.toString())
        .check();
    var bytes = Files.readAllBytes(compressed);
    assertThat(bytes).as("a frame to be skipped").startsWith(0x50, 0x2a, 0x4d, 0x18);
    return new LayoutLayer(
        to.addBlob(LayerEncoding.ZSTD.mediaType(), bytes), tar.diffId(), tar.uncompressedSize());
  }

  private static void push(OciLayout layout, Kind kind) throws IOException {
    var _ = BED.registry().push(layout, kind.tag(), "kinds:" + kind.tag());
  }

  private static void convert(Kind kind, String format) throws IOException {
    var converted = reference(kind);
    BED.containerd()
        .ctrRemote("image", "convert", format, "--oci", reference(Kind.PLAIN), converted)
        .within(Node.LONG)
        .check();
    push(converted);
    node.removeImage(converted);
  }

  /** containerd's stream of a layer breaks off now and then on a busy machine. */
  private static void push(String reference) throws IOException {
    var command = BED.containerd().ctr("image", "push", "--plain-http", reference);
    for (int attempt = 1; command.within(Node.LONG).run().exitStatus() != 0; attempt++) {
      assertThat(attempt).as("attempts to push " + reference).isLessThan(4);
    }
  }

  private static List<ImageTree> trees() throws IOException {
    var content =
        KindsOfFiles.all(5_000_000, 1)
            .file("data/\u00e9t\u00e9 " + "n".repeat(100), "a name")
            .directory("old")
            .file("old/a", "a")
            .directory("replaced")
            .file("replaced/b", "b")
            .file("gone", "gone");
    var changes =
        new ImageTree()
            .whiteout("gone")
            .directory("old")
            .whiteout("old/a")
            .directory("replaced")
            .opaque("replaced")
            .file("replaced/c", "c")
            .characterDevice("zero", 1, 5)
            .file("greeting", "good evening\n");
    return List.of(toSeconds(KindsOfFiles.programs()), content, changes);
  }

  /** ctr-remote keeps the nanoseconds of times in its tar, but not in its table of contents. */
  private static ImageTree toSeconds(ImageTree tree) {
    var whole = new ImageTree();
    for (var entry : tree) {
      whole.add(entry).modified(entry.modified().truncatedTo(ChronoUnit.SECONDS));
    }
    return whole;
  }

  @AfterEach
  void forgetImages() throws IOException {
    node.removeAllImages();
    node.awaitNothingLeft();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void image_isTheSameThroughBothClientsAndThroughOverlayfs(Kind kind) throws IOException {
    var reference = reference(kind);

    var pulled = node.rpull(reference).check().output();

    assertThat(pulled).contains("3 of 3 layers mounted");
    assertThat(node.mountedLayers()).hasSize(LAYERS);
    assertThat(node.localLayers()).isEqualTo(LAYERS - kind.lazyByRpull);
    assertRuns(kind, "rpull");
    node.ctr("image", "pull", "--plain-http", reference);
    var tar = new RootTar(BED);
    assertThat(tar.read("lazuli", reference)).isEqualTo(tar.read("overlayfs", reference));
    forgetImages();

    node.ctrRemotePull(reference).check();

    assertThat(node.mountedLayers()).hasSize(LAYERS);
    assertThat(node.localLayers()).isEqualTo(LAYERS - kind.lazyByCtrRemote);
    assertRuns(kind, "ctr-remote");
  }

  private static void assertRuns(Kind kind, String client) throws IOException {
    var script =
        "cat /greeting; cat /data/link /replaced/c; test -e /gone && echo found || echo gone;"
            + " test -e /old/a -o -e /replaced/b && echo found || echo replaced";

    assertThat(node.shell(reference(kind), client + "-" + kind.tag(), script))
        .isEqualTo("good evening\ngood evening\ncgone\nreplaced");
  }

  @Test
  void skopeosImage_isMountedForAnyClientThatNamesItsManifestByDigest() throws IOException {
    var layout = OciLayout.at(BED.directory().resolve("skopeo"));
    var digest = layout.images().values().iterator().next().digest();
    var reference = BED.registry().host() + "/kinds@" + digest;

    node.ctrRemotePull(reference).check();

    assertThat(node.mountedLayers()).hasSize(LAYERS);
    assertThat(node.shell(reference, "by-digest", "cat /greeting")).isEqualTo("good evening");
  }

  @Test
  void layerThatIsNotMounted_hasItsReasonInTheLog() throws IOException {
    node.restartDaemon("bulk.enabled=false");
    var before = node.logged("no TOC digest among the labels");
    var ordinary = node.logged("remote-snapshot-prepared=false");

    node.ctrRemotePull(reference(Kind.SKOPEO_ZSTD_CHUNKED)).check();

    // One that was mounted ahead may have been proved meanwhile: it needs nobody to vouch for it.
    assertThat(node.logged("no TOC digest among the labels") - before).isBetween(1L, 3L);
    assertThat(node.logged("remote-snapshot-prepared=false")).isGreaterThan(ordinary);
    node.removeAllImages();
    node.restartDaemon(SETTINGS);
  }
}
