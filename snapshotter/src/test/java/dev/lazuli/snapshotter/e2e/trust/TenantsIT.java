package dev.lazuli.snapshotter.e2e.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Two tenants of a node, each with a registry and a namespace: what one of them has pulled is
 * neither given nor shown to the other, who knows digests of it or guesses its content.
 */
final class TenantsIT {
  private static final String OTHER = "other";
  private static final int SECRET_BYTES = 2_000_000;

  /** Nothing is fetched but what is read. */
  private static final String[] READS_ONLY = {
    "proof.enabled=false", "fetch.background=false", "prefetch.enabled=false"
  };

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static final GeneratedContent SECRET =
      new GeneratedContent(SECRET_BYTES, 7, GeneratedContent.NOISE);

  private static TestRegistry registry;
  private static TestRegistry attackers;
  private static Node node;
  private static String secret;
  private static String guess;
  private static LayoutLayer guessed;
  private static String junk;

  @BeforeAll
  static void start() throws IOException {
    registry = BED.closeAtEnd(TestRegistry.start());
    attackers = BED.closeAtEnd(TestRegistry.start());
    var layout = OciLayout.at(BED.directory().resolve("secret"));
    var own = layout.addLazyLayer(tree("secret", SECRET), BuildOptions.ESTARGZ);
    var _ = new ImageBuilder(layout).layer(own).build("1");
    registry.serve("secret", layout);
    secret = registry.reference("secret", "1");

    var attack = OciLayout.at(BED.directory().resolve("attack"));
    guessed = attack.addLazyLayer(tree("guess", SECRET), BuildOptions.ESTARGZ);
    var _ = new ImageBuilder(attack).layer(guessed).build("guess");
    var _ = new ImageBuilder(attack).layer(withDigestOfTheSecret(attack)).build("junk");
    attackers.serve("attack", attack);
    guess = attackers.reference("attack", "guess");
    junk = attackers.reference("attack", "junk");
    node = Node.start(BED, READS_ONLY);
  }

  /** Lists the secret's digest for content that it does not have. */
  private static LayoutLayer withDigestOfTheSecret(OciLayout layout) throws IOException {
    var other = new GeneratedContent(SECRET_BYTES, 8, GeneratedContent.NOISE);
    var layer = layout.addLazyLayer(tree("guess", other), BuildOptions.ESTARGZ);
    return LyingTable.of(layout, layer, table -> table.replace(digest(other), digest(SECRET)));
  }

  private static ImageTree tree(String name, GeneratedContent content) {
    return new ImageTree().file(name, content);
  }

  private static String digest(GeneratedContent content) {
    try (var in = content.open()) {
      return Digest.sha256(in).toString();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    node.removeAllImages();
    node.removeAllImages("-n", OTHER);
    node.awaitNothingLeft();
  }

  /** Has one tenant read its secret, and then the other one's image mounted. */
  private static void readSecretAndPull(String reference) throws IOException {
    node.rpull(secret).check();
    assertThat(Files.readAllBytes(node.mountedFile("secret"))).hasSize(SECRET_BYTES);
    assertThat(node.rpull(reference).with("--namespace", OTHER).check().output())
        .contains("1 of 1 layers mounted");
  }

  private static long bytesOfGuess() {
    return attackers.counters().blob(guessed.descriptor().digest()).bodyBytes();
  }

  @Test
  void whoGuessesContent_fetchesItAsIfNobodyHadIt() throws IOException {
    attackers.resetCounters();
    readSecretAndPull(guess);

    assertThat(Files.readAllBytes(node.mountedFile("guess"))).hasSize(SECRET_BYTES);

    assertThat(bytesOfGuess()).isGreaterThanOrEqualTo(SECRET_BYTES);
  }

  @Test
  void whoListsADigest_doesNotGetWhatItStandsFor() throws IOException {
    readSecretAndPull(junk);

    assertThatThrownBy(() -> Files.readAllBytes(node.mountedFile("guess")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Input/output error");
  }

  @Test
  void whereAllAreOneTenant_equalContentIsCopied() throws IOException {
    node.restartDaemon(append("layers.one_tenant=true"));
    try {
      attackers.resetCounters();
      readSecretAndPull(guess);

      assertThat(Files.readAllBytes(node.mountedFile("guess"))).hasSize(SECRET_BYTES);

      assertThat(bytesOfGuess()).isLessThan(SECRET_BYTES / 4);
      nothingIsLeft();
    } finally {
      node.restartDaemon(READS_ONLY);
    }
  }

  private static String[] append(String setting) {
    var all = Arrays.copyOf(READS_ONLY, READS_ONLY.length + 1);
    all[READS_ONLY.length] = setting;
    return all;
  }
}
