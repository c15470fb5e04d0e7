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
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Users and passwords that a client used to pull images, as the pull secrets of pods. They count
 * for the repository that they were used for, at its own registry; of several the latest is tried
 * first. Any process of the node may send some, so those that a registry has accepted go last when
 * there are too many. They are kept in a file that only its owner may read, because containers go
 * on reading after a restart. Thread-safe.
 */
final class HandedOver implements CredentialsProvider {
  private static final Logger log = LoggerFactory.getLogger(HandedOver.class);
  private static final int MOST_REPOSITORIES = 1000;
  private static final int MAX_EACH = 4;

  /** More than the port for pull secrets takes: what is not kept would not count as a secret. */
  private static final int MAX_TEXT = 8192;

  /** What a repository counts beside its texts when registries are compared. */
  private static final int ENTRY_BYTES = 256;

  /** Characters of all names, users and secrets together: any process of the node may send some. */
  private static final int MAX_TEXTS = 1 << 20;

  /** Of those, in Base64 of at most three bytes each. */
  private static final int MAX_BYTES = 4 * MAX_TEXTS;

  /** Nobody who needs credentials waits for the disk. */
  private final Object writing = new Object();

  @GuardedBy("writing")
  private final StateFile file;

  /**
   * One of a repository's.
   *
   * @param isAccepted whether its registry has granted a request with it
   */
  private record Known(Credentials credentials, boolean isAccepted) {
    private static final String ACCEPTED = "accepted";

    Known accepted() {
      return new Known(credentials, true);
    }

    String line(String repository) {
      return repository
          + ' '
          + encoded(credentials.username())
          + ' '
          + encoded(credentials.secret())
          + (isAccepted ? ' ' + ACCEPTED : "")
          + '\n';
    }

    static Known of(String[] words) throws IOException {
      boolean isAccepted = words.length == 4 && words[3].equals(ACCEPTED);
      if ((words.length != 3 && !isAccepted) || words[0].indexOf('/') < 0) {
        throw new IOException("not a repository and two words in a line");
      }
      return new Known(secret(decoded(words[1]), decoded(words[2])), isAccepted);
    }
  }

  /** The latest last; of each repository the latest first. */
  @GuardedBy("this")
  private final Map<String, List<Known>> byRepository = new LinkedHashMap<>();

  private final int mostRepositories;

  private HandedOver(Path file, int mostRepositories) {
    this.file = new StateFile(file, MAX_BYTES);
    this.mostRepositories = mostRepositories;
  }

  /**
   * Reads what a file keeps; need not exist. A file that cannot be read is given up: the next pulls
   * bring the credentials again.
   */
  static HandedOver open(Path file) {
    return open(file, MOST_REPOSITORIES);
  }

  /** As above, with another number of repositories. */
  static HandedOver open(Path file, int mostRepositories) {
    var opened = new HandedOver(file, mostRepositories);
    try {
      opened.load();
    } catch (IOException | IllegalArgumentException e) {
      log.warn("kept pull secrets are lost: {}: {}", file, e.toString());
    }
    return opened;
  }

  /** Remembers what a client used for a repository. */
  void remember(String registry, String repository, Credentials credentials) {
    if (credentials.username().length() > MAX_TEXT || credentials.secret().length() > MAX_TEXT) {
      return;
    }
    if (add(registry + "/" + repository, credentials)) {
      save();
    }
  }

  /** Returns whether that changes anything. */
  private synchronized boolean add(String name, Credentials credentials) {
    var all = new ArrayList<>(byRepository.getOrDefault(name, List.of()));
    boolean isNew = all.isEmpty() || !all.getFirst().credentials().equals(credentials);
    boolean isAccepted =
        all.stream().anyMatch(one -> one.isAccepted() && one.credentials().equals(credentials));
    all.removeIf(one -> one.credentials().equals(credentials));
    if (all.size() == MAX_EACH) {
      all.remove(leastWorth(all));
    }
    all.addFirst(new Known(credentials, isAccepted));
    byRepository.remove(name);
    while (byRepository.size() >= mostRepositories
        || (texts() + textOf(name, all) > MAX_TEXTS && !byRepository.isEmpty())) {
      byRepository.remove(leastWorth());
    }
    byRepository.put(name, all);
    return isNew;
  }

  /** Returns the oldest of those that no registry has accepted, or of all. */
  private static Known leastWorth(List<Known> all) {
    return all.reversed().stream()
        .filter(one -> !one.isAccepted())
        .findFirst()
        .orElse(all.getLast());
  }

  /**
   * Returns the oldest repository without an accepted one, or of all; of the registry that takes
   * most, since anybody's own registry accepts anything.
   */
  @GuardedBy("this")
  private String leastWorth() {
    var candidates = new LinkedHashMap<>(byRepository);
    candidates.values().removeIf(all -> all.stream().anyMatch(Known::isAccepted));
    if (candidates.isEmpty()) {
      candidates.putAll(byRepository);
    }
    var shares = new HashMap<String, Long>();
    candidates.forEach(
        (name, all) -> shares.merge(registry(name), ENTRY_BYTES + textOf(name, all), Long::sum));
    var greedy = Collections.max(shares.entrySet(), Map.Entry.comparingByValue()).getKey();
    return candidates.keySet().stream()
        .filter(name -> registry(name).equals(greedy))
        .findFirst()
        .orElseThrow();
  }

  private static String registry(String name) {
    return name.substring(0, name.indexOf('/'));
  }

  @GuardedBy("this")
  private long texts() {
    long texts = 0;
    for (var known : byRepository.entrySet()) {
      texts += textOf(known.getKey(), known.getValue());
    }
    return texts;
  }

  private static long textOf(String name, List<Known> all) {
    long texts = 0;
    for (var one : all) {
      var credentials = one.credentials();
      texts += name.length() + credentials.username().length() + credentials.secret().length();
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

  /** Returns whether clients have used any for an image's repository; false for invalid names. */
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
        ? byRepository.getOrDefault(reference.name(), List.of()).stream()
            .map(Known::credentials)
            .toList()
        : List.of();
  }

  /** It may be right again later, but others come first. */
  @Override
  public synchronized void refused(Credentials credentials) {
    byRepository.replaceAll(
        (_, all) -> {
          if (all.size() < 2 || !all.getFirst().credentials().equals(credentials)) {
            return all;
          }
          var reordered = new ArrayList<>(all.subList(1, all.size()));
          reordered.add(all.getFirst());
          return reordered;
        });
  }

  @Override
  public void accepted(Credentials credentials, ImageReference reference) {
    if (accept(reference.name(), new Known(credentials, false))) {
      save();
    }
  }

  private synchronized boolean accept(String name, Known known) {
    var all = byRepository.get(name);
    int at = all == null ? -1 : all.indexOf(known);
    if (all == null || at < 0) {
      return false;
    }
    all.set(at, known.accepted());
    return true;
  }

  private void save() {
    synchronized (writing) {
      try {
        file.write(text());
      } catch (IOException e) {
        log.warn("pull secrets will not outlive this process: {}", e.toString());
      }
    }
  }

  private synchronized String text() {
    var text = new StringBuilder();
    byRepository.forEach((name, all) -> all.reversed().forEach(one -> text.append(one.line(name))));
    return text.toString();
  }

  private void load() throws IOException {
    String text;
    synchronized (writing) {
      text = file.read().orElse("");
    }
    load(text);
  }

  private synchronized void load(String text) throws IOException {
    for (var line : text.lines().toList()) {
      var words = line.split(" ", -1);
      var all = byRepository.computeIfAbsent(words[0], _ -> new ArrayList<>());
      all.addFirst(Known.of(words));
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
