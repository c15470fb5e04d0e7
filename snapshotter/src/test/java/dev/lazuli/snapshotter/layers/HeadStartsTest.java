package dev.lazuli.snapshotter.layers;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.snapshotter.start.FollowedStarts;
import dev.lazuli.snapshotter.start.ImageStart;
import dev.lazuli.snapshotter.start.StartLimits;
import dev.lazuli.testimages.waiting.Eventually;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class HeadStartsTest {
  private static final LayerRequest BOTTOM =
      LayerRequest.of("registry.test/app:1", Digest.parse("sha256:" + "a".repeat(64)));
  private static final LayerRequest TOP =
      LayerRequest.of("registry.test/app:1", Digest.parse("sha256:" + "b".repeat(64)));

  private static final LayerRequest STRANGE =
      LayerRequest.of("registry.test/app:1", Digest.parse("sha256:" + "c".repeat(64)));

  /** An image of two layers whose configuration comes when it may. */
  private static final class Image implements LayerOrigin {
    final CountDownLatch mayCome = new CountDownLatch(1);
    final AtomicInteger asked = new AtomicInteger();

    @Override
    public BlobSource blob(String reference, Digest digest, long size) {
      throw new AssertionError("no blob is wanted");
    }

    @Override
    public Optional<ImageStart> start(String reference, Optional<Digest> manifestDigest) {
      asked.incrementAndGet();
      try {
        mayCome.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      return Optional.of(
          ImageStart.of(
              List.of(BOTTOM.digest(), TOP.digest()), List.of("app"), List.of(), List.of(), ""));
    }
  }

  private final Image image = new Image();
  private final HeadStarts starts =
      new HeadStarts(image, new FollowedStarts(), StartLimits.DEFAULT, _ -> Optional.empty());

  /** An image gets one start at a time: another one can only begin when the first has ended. */
  private void awaitSecondStart() {
    Eventually.until(
        () -> {
          starts.mounted(STRANGE);
          return image.asked.get() >= 2;
        });
  }

  @Test
  void layerThatFailedBeforeTheFirstWasMounted_isNotWaitedFor() {
    starts.failed(BOTTOM);
    starts.mounted(TOP);
    starts.failed(TOP);

    image.mayCome.countDown();

    awaitSecondStart();
  }

  @Test
  void layersThatFailWhileTheStartWaits_endTheWait() {
    starts.mounted(TOP);
    image.mayCome.countDown();
    starts.failed(TOP);
    starts.failed(BOTTOM);

    awaitSecondStart();
  }
}
