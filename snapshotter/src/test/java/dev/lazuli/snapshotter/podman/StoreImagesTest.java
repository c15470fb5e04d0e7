package dev.lazuli.snapshotter.podman;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.snapshotter.layers.LayerOrigin;
import dev.lazuli.snapshotter.layers.index.ListedImage;
import dev.lazuli.snapshotter.layers.index.ListedImage.ListedLayer;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class StoreImagesTest {
  private static final String IMAGE = "localhost/x:1";

  private final AtomicLong nanos = new AtomicLong(1);
  private final Tags tags = new Tags();
  private final StoreImages images = new StoreImages(tags, nanos::get);

  /** What tags lead to, and how often that was asked. */
  private static final class Tags implements LayerOrigin {
    final List<String> asked = new ArrayList<>();
    List<ListedLayer> layers = List.of(json("1"), compressed("2"));
    boolean isAway;

    @Override
    public BlobSource blob(String reference, Digest digest, long size) {
      throw new AssertionError("no blob is asked for");
    }

    @Override
    public Optional<ListedImage> image(String reference) throws IOException {
      asked.add(reference);
      if (isAway) {
        throw new IOException("away");
      }
      return Optional.of(new ListedImage(digest("f"), layers));
    }
  }

  private static Digest digest(String digit) {
    return Digest.parse("sha256:" + digit.repeat(64));
  }

  private static ListedLayer json(String digit) {
    var toc = new TocTrust.Json(digest(digit));
    return new ListedLayer(digest("a"), 10, Optional.of(toc), false, digest("b"));
  }

  private static ListedLayer compressed(String digit) {
    var toc = new TocTrust.Compressed(digest(digit));
    return new ListedLayer(digest("c"), 20, Optional.of(toc), true, digest("d"));
  }

  private static StoreName name(String digit) {
    return new StoreName(IMAGE, digest(digit));
  }

  @Test
  void largeImages_areForgottenForOthers() throws IOException {
    tags.layers = Collections.nCopies(1000, json("1"));
    for (int image = 0; image < 10; image++) {
      images.find(new StoreName("localhost/x" + image + ":1", digest("1")));
    }

    Eventually.until(
        () -> {
          for (int image = 0; image < 10; image++) {
            images.find(new StoreName("localhost/x" + image + ":1", digest("1")));
          }
          return tags.asked.size() > 10;
        });
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void layersOfAnImage_areFoundByEitherDigest_andTheImageIsReadOnce() throws IOException {
    var lower = images.find(name("1"));
    var upper = images.find(name("2"));

    assertThat(lower.layer().isCompressedToc()).isFalse();
    assertThat(lower.chain()).containsExactly(digest("a"), digest("c"));
    assertThat(upper.layer().digest()).isEqualTo(digest("c"));
    assertThat(upper.layer().isCompressedToc()).isTrue();
    assertThat(upper.layer().isZstd()).isTrue();
    assertThat(upper.layer().manifest()).isEqualTo(digest("f"));
    assertThat(upper.chain()).containsExactly(digest("c"));
    assertThat(tags.asked).containsExactly(IMAGE);
  }

  @Test
  void layerThatIsNotListed_isNotLookedForAgainAtOnce() {
    for (int i = 0; i < 10; i++) {
      assertThatThrownBy(() -> images.find(name("3"))).hasMessageContaining("has no layer");
    }

    assertThat(tags.asked).hasSize(1);
  }

  @Test
  void tagThatMoved_isReadAgain() throws IOException {
    images.find(name("1"));
    tags.layers = List.of(json("3"));
    pass(Duration.ofSeconds(3));

    assertThat(images.find(name("3")).layer().digest()).isEqualTo(digest("a"));
    assertThatThrownBy(() -> images.find(name("1"))).isInstanceOf(IOException.class);
    assertThat(tags.asked).hasSize(2);
  }

  @Test
  void registryThatWasAway_isAskedAgainSoon() throws IOException {
    tags.isAway = true;
    assertThatThrownBy(() -> images.find(name("1"))).hasMessage("away");
    assertThatThrownBy(() -> images.find(name("2"))).hasMessage("away");
    assertThat(tags.asked).hasSize(1);
    tags.isAway = false;
    pass(Duration.ofSeconds(3));

    assertThat(images.find(name("1")).layer().digest()).isEqualTo(digest("a"));
  }

  @Test
  void whatAnImageLists_isForgottenAfterAMinute() throws IOException {
    images.find(name("1"));
    pass(Duration.ofSeconds(61));
    images.find(name("1"));

    assertThat(tags.asked).hasSize(2);
  }
}
