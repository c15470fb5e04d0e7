package dev.lazuli.snapshotter.node;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.StateFile;
import dev.lazuli.registry.credentials.DockerConfig;
import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.CredentialsProvider;
import dev.lazuli.registry.model.ImageReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Users and passwords that a client used to pull images, as the pull secrets of pods. They count
 * for the repository that they were used for, at its own registry; of several the latest is tried
 * first. They are kept in a file that only its owner may read, because containers go on reading
 * after a restart. Thread-safe.
 */
final class HandedOver implements CredentialsProvider {
  private static final Logger log = LoggerFactory.getLogger(HandedOver.class);
  private static final int MAX_REPOSITORIES = 1000;
  private static final int MAX_EACH = 4;
  private static final int MAX_TEXT = 4096;

  /** Characters of all names, users and secrets together: any process of the node may send some. */
  private static final int MAX_TEXTS = 1 << 20;

  /** Of those, in Base64 of at most three bytes each. */
  private static final int MAX_BYTES = 4 * MAX_TEXTS;

  private final StateFile file;

  /** The latest last; of each repository the latest first. */
  @GuardedBy("this")
  private final Map<String, List<Credentials>> byRepository = new LinkedHashMap<>();

  private HandedOver(Path file) {
    this.file = new StateFile(file, MAX_BYTES);
  }

  /**
   * Reads what a file keeps; need not exist. A file that cannot be read is given up: the next pulls
   * bring the credentials again.
   */
  static HandedOver open(Path file) {
    var opened = new HandedOver(file);
    try {
      opened.load();
    } catch (IOException | IllegalArgumentException e) {
      log.warn("kept pull secrets are lost: {}: {}", file, e.toString());
    }
    return opened;
  }

  /** Remembers what a client used for a repository. */
  synchronized void remember(String registry, String repository, Credentials credentials) {
    if (credentials.username().length() > MAX_TEXT || credentials.secret().length() > MAX_TEXT) {
      return;
    }
    var name = registry + "/" + repository;
    var all = new ArrayList<>(byRepository.getOrDefault(name, List.of()));
    boolean isNew = all.isEmpty() || !all.getFirst().equals(credentials);
    all.remove(credentials);
    all.addFirst(credentials);
    byRepository.remove(name);
    byRepository.put(name, all.size() > MAX_EACH ? all.subList(0, MAX_EACH) : all);
    while (byRepository.size() > MAX_REPOSITORIES || texts() > MAX_TEXTS) {
      byRepository.remove(byRepository.keySet().iterator().next());
    }
    if (isNew) {
      save();
    }
  }

  @GuardedBy("this")
  private long texts() {
    long texts = 0;
    for (var known : byRepository.entrySet()) {
      for (var one : known.getValue()) {
        texts += known.getKey().length() + one.username().length() + one.secret().length();
      }
    }
    return texts;
  }

  @Override
  public String places() {
    return "pull secrets";
  }

  @Override
  public Optional<Credentials> find(String host, ImageReference reference) {
    return all(host, reference).stream().findFirst();
  }

  /** Returns whether clients have used any for an image's repository; not for what is no name. */
  public synchronized boolean knows(String reference) {
    try {
      return byRepository.containsKey(ImageReference.parse(reference).name());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** What was meant for a registry is not shown to its mirrors. */
  @Override
  public synchronized List<Credentials> all(String host, ImageReference reference) {
    return DockerConfig.aliases(host).contains(reference.registry())
        ? List.copyOf(byRepository.getOrDefault(reference.name(), List.of()))
        : List.of();
  }

  /** It may be right again later, but others come first. */
  @Override
  public synchronized void refused(Credentials credentials) {
    byRepository.replaceAll(
        (_, all) -> {
          if (all.size() < 2 || !all.getFirst().equals(credentials)) {
            return all;
          }
          var reordered = new ArrayList<>(all.subList(1, all.size()));
          reordered.add(credentials);
          return reordered;
        });
  }

  @GuardedBy("this")
  private void save() {
    var text = new StringBuilder();
    byRepository.forEach(
        (name, all) ->
            all.reversed()
                .forEach(
                    one ->
                        text.append(name)
                            .append(' ')
                            .append(encoded(one.username()))
                            .append(' ')
                            .append(encoded(one.secret()))
                            .append('\n')));
    try {
      file.write(text.toString());
    } catch (IOException e) {
      log.warn("pull secrets will not outlive this process: {}", e.toString());
    }
  }

  private synchronized void load() throws IOException {
    for (var line : file.read().orElse("").lines().toList()) {
      var words = line.split(" ", -1);
      if (words.length != 3) {
        throw new IOException("not three words in a line");
      }
      var all = byRepository.computeIfAbsent(words[0], _ -> new ArrayList<>());
      all.addFirst(secret(decoded(words[1]), decoded(words[2])));
    }
  }

  /** Returns credentials that say where they came from; without a user, an identity token. */
  static Credentials secret(String user, String password) {
    var secret =
        user.isEmpty() ? Credentials.identityToken(password) : Credentials.password(user, password);
    return secret.from("a pull secret");
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String decoded(String text) {
    return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
  }
}
