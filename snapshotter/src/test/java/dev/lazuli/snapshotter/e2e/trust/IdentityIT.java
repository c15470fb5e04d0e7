package dev.lazuli.snapshotter.e2e.trust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.snapshotter.status.StatusClient;
import dev.lazuli.snapshotter.status.Trouble;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * An image that claims another's chain ID for its own layer does not stand in for it, wherever that
 * can be seen before the content is proved; and nobody gets a layer by its digest alone.
 */
final class IdentityIT {
  /** What holds before a proof, which would ban the evil image: see {@link ProofIT}. */
  private static final String UNPROVED = "proof.enabled=false";

  private static final String OTHER = "other";

  /** What the log says of a layer that the asker's registry does not have. */
  private static final String REFUSED = "has it is not known";

  private static final String WHOSE = "read x < /whose; echo $x";

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static TestRegistry registry;
  private static TestRegistry attackers;
  private static String genuine;
  private static String evil;
  private static String blobless;
  private static Node node;

  @BeforeAll
  static void start() throws IOException {
    registry = BED.closeAtEnd(TestRegistry.start());
    attackers = BED.closeAtEnd(TestRegistry.start());
    var layout = OciLayout.at(BED.directory().resolve("genuine"));
    var layer = layout.addLazyLayer(tree("genuine"), BuildOptions.ESTARGZ);
    var _ = new ImageBuilder(layout).layer(layer).build("1");
    registry.serve("app", layout);
    genuine = registry.reference("app", "1");
    evil = serveEvil(layer);
    blobless = serveWithoutBlob(layer);
    node = Node.start(BED, UNPROVED);
  }

  /** Serves a layer of its own under the digest of what the genuine one unpacks to. */
  private static String serveEvil(LayoutLayer victim) throws IOException {
    var layout = OciLayout.at(BED.directory().resolve("evil"));
    var own = layout.addLazyLayer(tree("evil"), BuildOptions.ESTARGZ);
    var _ =
        new ImageBuilder(layout)
            .layer(new LayoutLayer(own.descriptor(), victim.diffId(), victim.uncompressedSize()))
            .build("1");
    attackers.serve("evil", layout);
    return attackers.reference("evil", "1");
  }

  /** Serves a manifest that names the genuine layer by its digest, without having it. */
  private static String serveWithoutBlob(LayoutLayer victim) throws IOException {
    var layout = OciLayout.at(BED.directory().resolve("blobless"));
    var _ = new ImageBuilder(layout).layer(victim).build("1");
    Files.deleteIfExists(layout.blob(victim.descriptor().digest()));
    attackers.serve("blobless", layout);
    return attackers.reference("blobless", "1");
  }

  private static ImageTree tree(String whose) throws IOException {
    return new HostFiles().program(Path.of("/bin/sh")).tree().file("whose", whose + "\n");
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    node.removeAllImages();
    node.removeAllImages("-n", OTHER);
    node.awaitNothingLeft();
  }

  @Test
  void evilImageInAnotherNamespace_isNotGivenToCtrRemote() throws IOException {
    pullInOtherNamespace(evil).check();

    node.ctrRemotePull(genuine).check();

    assertThat(node.shell(genuine, "identity-1", WHOSE)).isEqualTo("genuine");
    assertConflictNamesBoth();
  }

  @Test
  void evilImageInAnotherNamespace_isNotGivenToOurClient() throws IOException {
    pullInOtherNamespace(evil).check();

    assertThat(node.rpull(genuine).check().output()).contains("0 of 1 layers mounted");

    assertThat(node.shell(genuine, "identity-2", WHOSE)).isEqualTo("genuine");
    assertConflictNamesBoth();
  }

  @Test
  void evilImageInTheSameNamespace_isRefusedByOurClientUntilItIsGone() throws IOException {
    node.ctrRemotePull(evil).check();

    var refused = node.rpull(genuine).run();

    assertThat(refused.exitStatus()).isEqualTo(1);
    assertThat(refused.errors().strip()).hasLineCount(1).contains(evil, "may hold other files");
    node.removeImage(evil);
    assertThat(node.rpull(genuine).check().output()).contains("1 of 1 layers mounted");
    assertThat(node.shell(genuine, "identity-3", WHOSE)).isEqualTo("genuine");
  }

  @Test
  void sameImageInAnotherNamespace_isShared() throws IOException {
    pullInOtherNamespace(genuine).check();

    assertThat(node.rpull(genuine).check().output()).contains("1 of 1 layers mounted");

    assertThat(new StatusClient(node.daemon().state().resolve("status.sock")).status().troubles())
        .isEmpty();
  }

  @Test
  void layerThatTheAskersRegistryLacks_isNotGivenByItsDigest() throws IOException {
    assertThat(node.rpull(genuine).check().output()).contains("1 of 1 layers mounted");

    long refused = node.logged(REFUSED);

    var stolen = pullInOtherNamespace(blobless).run();

    assertThat(stolen.exitStatus()).isNotZero();
    assertThat(node.logged(REFUSED)).isGreaterThan(refused);
  }

  @Test
  void imageThatIsNotNamedByLazyFrom_isPulledWholeAndFoundOut() throws IOException {
    node.restartDaemon(
        UNPROVED, "bulk.enabled=false", "layers.lazy_from=" + registry.host() + "/*");
    long notLazy = node.logged("layers.lazy_from does not name");
    try {
      assertThat(node.rpull(evil).run().errors()).contains("unpacks to");
      assertThat(node.logged("layers.lazy_from does not name")).isGreaterThan(notLazy);
      assertThat(node.rpull(genuine).check().output()).contains("1 of 1 layers mounted");
    } finally {
      node.restartDaemon(UNPROVED);
    }
  }

  @Test
  void imageRemovedAfterARestart_givesItsDiskBackAtOnce() throws IOException {
    assertThat(node.rpull(genuine).check().output()).contains("1 of 1 layers mounted");
    node.restartDaemon(UNPROVED);

    node.removeImage(genuine);

    node.awaitNothingLeft();
  }

  private static Command pullInOtherNamespace(String reference) {
    return BED.containerd()
        .ctrRemote("--namespace", OTHER, "image", "rpull", "--plain-http")
        .with("--snapshotter", "lazuli", reference)
        .within(Node.LONG);
  }

  private static void assertConflictNamesBoth() throws IOException {
    var status = new StatusClient(node.daemon().state().resolve("status.sock")).status();
    assertThat(status.troubles())
        .filteredOn(trouble -> trouble.kind() == Trouble.Kind.CONFLICT)
        .singleElement()
        .satisfies(trouble -> assertThat(trouble.reason()).contains(genuine, evil));
  }
}
