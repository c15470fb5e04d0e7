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
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What registries said of images, remembered for a while, also that they said nothing useful. Of
 * the threads that want to know the same, one asks and the others wait. A registry that does not
 * answer is left alone for a minute, so that pulls do not wait for it again. Thread-safe.
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
  private final KeyedLocks<Image> asking = new KeyedLocks<>();

  /**
   * Remembers nothing yet.
   *
   * @param name what logs call it that is asked
   * @param remembered how long an answer counts
   * @param bytes about how much of the heap an answer takes
   */
  public ImageAnswers(String name, Duration remembered, ToIntFunction<T> bytes) {
    this.name = name;
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
      return silent.getIfPresent(registry) == null
          ? ask(image, registry, question)
          : Optional.empty();
    }
  }

  private Optional<T> ask(Image image, String registry, Question<T> question) throws IOException {
    Optional<T> answer = Optional.empty();
    boolean isSilent = false;
    try {
      answer = question.ask();
      return answer;
    } catch (RegistryException e) {
      isSilent = e.status() == RegistryException.NO_STATUS;
      throw e;
    } catch (InterruptedIOException e) {
      isSilent = true; // Whoever wanted to know has given up.
      throw e;
    } finally {
      if (isSilent) {
        silent.put(registry, true);
        log.warn("{} gives no answer for {}; it is left alone for {}", registry, name, AWAY);
      } else {
        answers.put(image, answer);
      }
    }
  }
}
