package dev.lazuli.registry.credentials;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lazuli.registry.model.Credentials;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One of the kubelet's credential providers: a program that gets an image's name and answers with
 * users and passwords, and how long they count. It is asked again when three quarters of that time
 * are over; while that fails, what it said before counts to its end. Thread-safe.
 */
final class ExecProvider {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final int MAX_ANSWERS = 1000;
  private static final int MAX_CREDENTIALS = 16;

  /** What was refused is asked for anew at most this often. */
  private static final Duration REFUSED_AGAIN = Duration.ofSeconds(10);

  private final ProviderSettings settings;
  private final Path program;
  private final Map<String, String> environment;
  private final LongSupplier clock;
  private final ReentrantLock asking = new ReentrantLock();
  private final Cache<String, Answer> answers =
      Caffeine.newBuilder().maximumSize(MAX_ANSWERS).build();

  /** What it said: names of images, and the credentials for each. Times are of the clock. */
  private record Answer(
      Map<String, Credentials> byImage, long askedAt, long renewAt, long endsAt) {}

  /**
   * Starts nothing yet.
   *
   * @param environment of the kubelet, to which that of the settings is added
   * @param clock as {@link System#nanoTime}
   */
  ExecProvider(
      ProviderSettings settings,
      Path program,
      Map<String, String> environment,
      LongSupplier clock) {
    this.settings = settings;
    this.program = program;
    var all = new HashMap<>(environment);
    all.putAll(settings.environment());
    this.environment = Map.copyOf(all);
    this.clock = clock;
  }

  ProviderSettings settings() {
    return settings;
  }

  boolean isOf(ProviderSettings other, Path otherProgram) {
    return settings.equals(other) && program.equals(otherProgram);
  }

  /**
   * Returns the credentials for an image, those for the longest name first.
   *
   * @param image {@code host[:port]/repository}
   * @throws IOException if the program fails and nothing that it said before counts any more
   */
  List<Credentials> find(String image) throws IOException {
    Answer answer = answer(image);
    var names = new ArrayList<>(answer.byImage().keySet());
    names.removeIf(name -> !ImageGlob.parse(name).matches(image));
    names.sort(Comparator.comparingInt(String::length).reversed());
    return names.stream().limit(MAX_CREDENTIALS).map(answer.byImage()::get).toList();
  }

  /** Has the program asked again for what a registry has refused. */
  void refused(Credentials credentials) {
    long now = clock.getAsLong();
    answers
        .asMap()
        .replaceAll(
            (_, answer) ->
                answer.byImage().containsValue(credentials)
                        && now - answer.askedAt() > REFUSED_AGAIN.toNanos()
                    ? new Answer(answer.byImage(), answer.askedAt(), now, answer.endsAt())
                    : answer);
  }

  private Answer answer(String image) throws IOException {
    lock();
    try {
      Answer known = known(image);
      long now = clock.getAsLong();
      if (known != null && known.renewAt() - now > 0) {
        return known;
      }
      try {
        return ask(image, now);
      } catch (IOException e) {
        if (known != null && known.endsAt() - now > 0) {
          return known;
        }
        throw e;
      }
    } finally {
      asking.unlock();
    }
  }

  /** Who waits for another's question can be interrupted: the program may take its time. */
  private void lock() throws InterruptedIOException {
    try {
      asking.lockInterruptibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while " + settings.name() + " was running");
    }
  }

  private @Nullable Answer known(String image) {
    for (String key : List.of(image, host(image), "")) {
      Answer answer = answers.getIfPresent(key);
      if (answer != null) {
        return answer;
      }
    }
    return null;
  }

  private static String host(String image) {
    return image.substring(0, image.indexOf('/'));
  }

  private Answer ask(String image, long now) throws IOException {
    var request = JsonMapper.shared().createObjectNode();
    request.put("kind", "CredentialProviderRequest");
    request.put("apiVersion", settings.apiVersion());
    request.put("image", image);
    var process =
        new HelperProcess(settings.name(), program, settings.arguments(), environment, LIMIT);
    var said = process.ask(request.toString());
    if (said.status() != 0) {
      throw new IOException(
          "credential provider %s failed for %s: exit status %d"
              .formatted(settings.name(), image, said.status()));
    }
    JsonNode json = parse(said.text());
    long life = life(json).toNanos();
    var answer = new Answer(byImage(json), now, now + life / 4 * 3, now + life);
    switch (json.path("cacheKeyType").asString("")) {
      case "Registry" -> answers.put(host(image), answer);
      case "Global" -> answers.put("", answer);
      default -> answers.put(image, answer);
    }
    return answer;
  }

  private JsonNode parse(String text) throws IOException {
    try {
      return JsonMapper.shared().readTree(text);
    } catch (JacksonException e) {
      // The parser's message may quote secrets.
      throw new IOException(
          "credential provider " + settings.name() + " did not answer with JSON", e);
    }
  }

  private Duration life(JsonNode answer) throws IOException {
    String given = answer.path("cacheDuration").asString("");
    return given.isEmpty() ? settings.cacheDuration() : ProviderSettings.duration(given);
  }

  private Map<String, Credentials> byImage(JsonNode answer) {
    var all = new HashMap<String, Credentials>();
    for (var entry : answer.path("auth").properties()) {
      String user = entry.getValue().path("username").asString("");
      String password = entry.getValue().path("password").asString("");
      if (!password.isEmpty()) {
        all.put(
            entry.getKey(),
            Credentials.password(user, password)
                .from("the kubelet's credential provider " + settings.name()));
      }
    }
    return Map.copyOf(all);
  }
}
