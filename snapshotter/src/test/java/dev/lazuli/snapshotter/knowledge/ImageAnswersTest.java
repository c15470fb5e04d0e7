package dev.lazuli.snapshotter.knowledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.RegistryException;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ImageAnswersTest {
  private static final Digest LAYER = Digest.sha256(new byte[1]);

  private final AtomicLong nanos = new AtomicLong();
  private final ImageAnswers<String> answers =
      new ImageAnswers<>("tests", Duration.ofHours(1), answer -> answer.length() << 10, nanos::get);
  private final AtomicInteger asked = new AtomicInteger();

  private static IndexQuery query(int image) {
    var manifest = Digest.sha256(new byte[] {(byte) image, 1});
    return new IndexQuery("reg.example/app:1", manifest, LAYER, () -> 1);
  }

  private Optional<String> get(int image, ImageAnswers.Question<String> question)
      throws IOException, InterruptedException {
    return answers.get(
        query(image),
        "reg.example",
        () -> {
          asked.incrementAndGet();
          return question.ask();
        });
  }

  @Test
  void answer_isRemembered_alsoThatThereIsNone() throws Exception {
    assertThat(get(1, () -> Optional.of("a"))).contains("a");
    assertThat(get(2, Optional::empty)).isEmpty();
    assertThat(get(1, Optional::empty)).contains("a");
    assertThat(get(2, () -> Optional.of("b"))).isEmpty();

    assertThat(asked).hasValue(2);
  }

  @Test
  void largeAnswers_areForgottenForOthers() throws Exception {
    for (int image = 0; image < 10; image++) {
      get(image, () -> Optional.of("a".repeat(400))); // 400 KiB each.
    }

    Eventually.until(
        () -> {
          for (int image = 0; image < 10; image++) {
            get(image, () -> Optional.of("a".repeat(400)));
          }
          return asked.get() > 10;
        });
  }

  @Test
  void uselessAnswer_isToldOnce() throws Exception {
    assertThatThrownBy(() -> get(1, () -> fail(new IOException("not an index"))))
        .hasMessage("not an index");

    assertThat(get(1, () -> Optional.of("a"))).isEmpty();
    assertThat(get(2, () -> Optional.of("b"))).contains("b");
  }

  @Test
  void silentRegistry_isLeftAlone_alsoForOtherImages() throws Exception {
    assertThatThrownBy(() -> get(1, () -> giveUp(Duration.ofSeconds(3)))).hasMessage("too long");

    assertThat(get(1, () -> Optional.of("a"))).isEmpty();
    assertThat(get(2, () -> Optional.of("b"))).isEmpty();
    assertThat(answers.get(query(3), "other.example", () -> Optional.of("c"))).contains("c");
    assertThat(asked).hasValue(1);
  }

  @Test
  void clientThatGoesAway_saysNothingOfTheRegistry() throws Exception {
    assertThatThrownBy(() -> get(1, () -> giveUp(Duration.ofSeconds(2)))).hasMessage("too long");

    assertThat(get(1, () -> Optional.of("a"))).contains("a");
    assertThat(get(2, () -> Optional.of("b"))).contains("b");
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 403, 404, 406, 429, 500, 503})
  void registryThatRefuses_isNotSilent(int status) throws Exception {
    var refusal = refusal(status);
    assertThatThrownBy(() -> get(1, () -> fail(refusal))).isSameAs(refusal);

    assertThat(get(1, () -> Optional.of("a"))).isEmpty();
    assertThat(get(2, () -> Optional.of("b"))).contains("b");
    assertThat(asked).hasValue(2);
  }

  @Test
  void onlyWhatARegistryWillSayAgain_isRemembered() {
    for (int status : new int[] {400, 404, 406}) {
      assertThat(ImageAnswers.isPassing(status)).isFalse();
    }
    for (int status : new int[] {401, 403, 429, 500, 503}) {
      assertThat(ImageAnswers.isPassing(status)).isTrue();
    }
  }

  private static RegistryException refusal(int status) {
    return new RegistryException("read", "app:1", "reg.example", status, "unknown", null);
  }

  private Optional<String> giveUp(Duration after) throws IOException {
    nanos.addAndGet(after.toNanos());
    throw new InterruptedIOException("too long");
  }

  @Test
  void sameQuestion_isAskedByOneThread() throws Exception {
    var mayAnswer = new CountDownLatch(1);
    var first = new FutureTask<>(() -> get(1, () -> await(mayAnswer)));
    var second = new FutureTask<>(() -> get(1, () -> await(mayAnswer)));
    Thread.ofVirtual().start(first);
    Eventually.until(() -> asked.get() == 1);
    var waiting = Thread.ofPlatform().start(second);
    Eventually.until(() -> waiting.getState() == Thread.State.WAITING);

    mayAnswer.countDown();

    assertThat(first.get()).contains("a");
    assertThat(second.get()).contains("a");
    assertThat(asked).hasValue(1);
  }

  private static Optional<String> await(CountDownLatch latch) throws IOException {
    try {
      latch.await();
      return Optional.of("a");
    } catch (InterruptedException e) {
      throw new InterruptedIOException();
    }
  }

  private static Optional<String> fail(IOException reason) throws IOException {
    throw reason;
  }
}
