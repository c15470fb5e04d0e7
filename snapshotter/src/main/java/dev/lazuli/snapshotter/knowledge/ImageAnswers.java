package dev.lazuli.snapshotter.knowledge;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.RegistryException;
import dev.lazuli.snapshotter.locks.KeyedLocks;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What registries said of images, remembered for a while, also that they said nothing useful. Of
 * the threads that want to know the same, one asks and the others wait. A registry that does not
 * answer is left alone for a minute, so that pulls do not wait for it again. Errors that pass, and
 * those that others may not get, are remembered for seconds only. Thread-safe.
 *
 * @param <T> what is known of an image
 */
public final class ImageAnswers<T> {
  private static final Logger log = LoggerFactory.getLogger(ImageAnswers.class);

  /** A usual image takes about 5 KiB of it. */
  private static final long MOST_BYTES = 1 << 20;

  /** What an answer takes beside what it says. */
  private static final int ANSWER_BYTES = 500;

  private static final int MOST_SILENT = 64;

  private static final Duration AWAY = Duration.ofMinutes(1);

  /** The layers of an image ask one after the other. */
  private static final Duration REFUSED = Duration.ofSeconds(10);

  /** Whoever gives up sooner says nothing of the registry: its client may have gone away. */
  private static final Duration SILENCE = Duration.ofSeconds(3);

  private static final int MOST_REFUSED = 1000;

  /** An image as one repository has it. */
  private record Image(String repository, Digest manifest) {}

  /** Asks a registry. */
  @FunctionalInterface
  public interface Question<T> {
    /**
     * Returns what it says.
     *
     * @throws IOException if it says nothing useful, or does not answer
     */
    Optional<T> ask() throws IOException;
  }

  private final String name;
  private final Cache<Image, Optional<T>> answers;
  private final Cache<String, Boolean> silent =
      Caffeine.newBuilder().maximumSize(MOST_SILENT).expireAfterWrite(AWAY).build();
  private final Cache<Image, Boolean> refused =
      Caffeine.newBuilder().maximumSize(MOST_REFUSED).expireAfterWrite(REFUSED).build();
  private final KeyedLocks<Image> asking = new KeyedLocks<>();
  private final LongSupplier nanoTime;

  /**
   * Remembers nothing yet.
   *
   * @param name what logs call it that is asked
   * @param remembered how long an answer counts
   * @param bytes about how much of the heap an answer takes
   */
  public ImageAnswers(String name, Duration remembered, ToIntFunction<T> bytes) {
    this(name, remembered, bytes, System::nanoTime);
  }

  ImageAnswers(String name, Duration remembered, ToIntFunction<T> bytes, LongSupplier nanoTime) {
    this.name = name;
    this.nanoTime = nanoTime;
    this.answers =
        Caffeine.newBuilder()
            .maximumWeight(MOST_BYTES)
            .weigher(
                (Image image, Optional<T> answer) ->
                    ANSWER_BYTES
                        + image.repository().length()
                        + answer.map(known -> bytes.applyAsInt(known)).orElse(0))
            .expireAfterWrite(remembered)
            .build();
  }

  /**
   * Returns what is known of the image of a query; asks if nothing is.
   *
   * @param registry which one is asked
   * @return empty if there is nothing, or the registry did not answer a while ago
   * @throws IOException what asking ended with, this time
   * @throws InterruptedException if the caller no longer waits
   */
  public Optional<T> get(IndexQuery query, String registry, Question<T> question)
      throws IOException, InterruptedException {
    var image = new Image(ImageReference.require(query.reference()).name(), query.manifest());
    try (var _ = asking.lockInterruptibly(image)) {
      var known = answers.getIfPresent(image);
      if (known != null) {
        return known;
      }
      return silent.getIfPresent(registry) == null && refused.getIfPresent(image) == null
          ? ask(image, registry, question)
          : Optional.empty();
    }
  }

  private Optional<T> ask(Image image, String registry, Question<T> question) throws IOException {
    long began = nanoTime.getAsLong();
    try {
      var answer = question.ask();
      answers.put(image, answer);
      return answer;
    } catch (RegistryException e) {
      if (e.status() == RegistryException.NO_STATUS) {
        leaveAlone(registry);
      } else if (isPassing(e.status())) {
        refused.put(image, true);
      } else {
        answers.put(image, Optional.empty());
      }
      throw e;
    } catch (InterruptedIOException e) {
      if (nanoTime.getAsLong() - began >= SILENCE.toNanos()) {
        leaveAlone(registry);
      }
      throw e;
    } catch (IOException | RuntimeException e) {
      answers.put(image, Optional.empty());
      throw e;
    }
  }

  /** Returns whether the same question may get an answer soon, or with other credentials. */
  static boolean isPassing(int status) {
    return switch (status) {
      case 401, 403, 408, 425, 429 -> true;
      default -> status >= 500;
    };
  }

  private void leaveAlone(String registry) {
    silent.put(registry, true);
    log.warn("{} gives no answer for {}; it is left alone for {}", registry, name, AWAY);
  }
}
