package dev.lazuli.registry.credentials;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.CredentialsProvider;
import dev.lazuli.registry.model.ImageReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * The exec credential providers that this node's kubelet is configured with, by which it pulls from
 * the registries of clouds. They are found in the kubelet's own configuration, so they need none
 * here, and are looked for again every half minute. Thread-safe.
 */
public final class KubeletProviders implements CredentialsProvider {
  private static final Duration KEPT = Duration.ofSeconds(30);
  private static final int MAX_FILES = 64;
  private static final int MAX_BYTES = 1 << 20;

  private final Path root;
  private final Map<String, String> environment;
  private final LongSupplier clock;

  @GuardedBy("this")
  private List<ExecProvider> providers = List.of();

  @GuardedBy("this")
  private String place = "";

  @GuardedBy("this")
  private boolean looked;

  @GuardedBy("this")
  private long lookedAt;

  /** Looks for them when it is asked first; the programs get this environment and their own. */
  public KubeletProviders(Map<String, String> environment) {
    this(Path.of("/"), environment, System::nanoTime);
  }

  KubeletProviders(Path root, Map<String, String> environment, LongSupplier clock) {
    this.root = root;
    this.environment = Map.copyOf(environment);
    this.clock = clock;
  }

  @Override
  public synchronized String places() {
    return place;
  }

  @Override
  public Optional<Credentials> find(String host, ImageReference reference) throws IOException {
    return all(host, reference).stream().findFirst();
  }

  @Override
  public List<Credentials> all(String host, ImageReference reference) throws IOException {
    String image = DockerConfig.aliases(host).contains("docker.io") ? "docker.io" : host;
    image += "/" + reference.repository();
    var found = new ArrayList<Credentials>();
    IOException failure = null;
    for (ExecProvider provider : current()) {
      if (provider.settings().isFor(image)) {
        try {
          found.addAll(provider.find(image));
        } catch (IOException e) {
          failure = e;
        }
      }
    }
    if (found.isEmpty() && failure != null) {
      throw failure;
    }
    return found;
  }

  @Override
  public void refused(Credentials credentials) {
    List<ExecProvider> asked;
    synchronized (this) {
      asked = providers;
    }
    asked.forEach(provider -> provider.refused(credentials));
  }

  private synchronized List<ExecProvider> current() throws IOException {
    long now = clock.getAsLong();
    if (!looked || now - lookedAt > KEPT.toNanos()) {
      var flags = KubeletFlags.find(root);
      place = flags.map(found -> "the kubelet's " + found.config()).orElse("");
      providers = flags.isPresent() ? load(flags.get()) : List.of();
      looked = true;
      lookedAt = now;
    }
    return providers;
  }

  /** Those that have not changed go on with what they know. */
  @GuardedBy("this")
  private List<ExecProvider> load(KubeletFlags flags) throws IOException {
    var loaded = new ArrayList<ExecProvider>();
    for (Path file : files(flags.config())) {
      for (ProviderSettings settings : parse(file)) {
        if (!settings.forPods()) {
          loaded.add(provider(settings, flags.programs().resolve(settings.name())));
        }
      }
    }
    return loaded;
  }

  @GuardedBy("this")
  private ExecProvider provider(ProviderSettings settings, Path program) throws IOException {
    requireSafe(program);
    for (ExecProvider known : providers) {
      if (known.isOf(settings, program)) {
        return known;
      }
    }
    return new ExecProvider(settings, program, environment, clock);
  }

  private static List<Path> files(Path config) throws IOException {
    if (!Files.isDirectory(config)) {
      return List.of(config);
    }
    try (Stream<Path> files = Files.list(config)) {
      return files
          .filter(file -> file.toString().matches(".*\\.(json|yaml|yml)"))
          .sorted()
          .limit(MAX_FILES)
          .toList();
    }
  }

  private static List<ProviderSettings> parse(Path file) throws IOException {
    requireSafe(file);
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " is larger than " + MAX_BYTES + " bytes");
    }
    try {
      return ProviderSettings.parseAll(Files.readString(file));
    } catch (IOException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  /** What root runs here must not be for others to change. */
  private static void requireSafe(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new IOException(file + ", which the kubelet is configured with, is not there");
    }
    var rights = Files.getPosixFilePermissions(file);
    if (rights.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new IOException(file + " can be changed by anybody, so it is not used");
    }
  }
}
