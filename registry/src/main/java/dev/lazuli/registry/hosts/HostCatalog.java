package dev.lazuli.registry.hosts;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lazuli.registry.http.Origin;
import dev.lazuli.registry.model.Mirror;
import dev.lazuli.registry.model.Text;
import dev.lazuli.registry.model.TlsSettings;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which hosts answer for a registry, in the order in which they are asked:
 *
 * <ol>
 *   <li>the hosts that the hosts directory names, if it has a folder for the registry or a default
 *       one: these and no others. A folder in which there is nothing but the place where clients
 *       hand over pull secrets does not count;
 *   <li>otherwise the mirrors that are configured for the registry, and the registry last.
 * </ol>
 *
 * <p>Folders are looked at again every few seconds, so that changes need no restart.
 */
public final class HostCatalog {
  private static final Pattern LOCAL =
      Pattern.compile("(?:localhost|127(?:\\.[0-9]{1,3}){3}|\\[::1\\])(?::[0-9]+)?");

  private static final Duration KEPT = Duration.ofSeconds(10);

  private final HostOptions options;
  private final @Nullable HostsDirectory directory;
  private final Cache<String, List<RegistryHost>> known =
      Caffeine.newBuilder().maximumSize(1000).expireAfterWrite(KEPT).build();

  /** Makes a catalog; the hosts directory is read when a registry is looked up. */
  public HostCatalog(HostOptions options) {
    this.options = options;
    this.directory =
        options.hostsDirectory() == null ? null : new HostsDirectory(options.hostsDirectory());
  }

  /** Returns the hosts for {@code registry}; never empty. */
  public List<RegistryHost> hosts(String registry) throws IOException {
    List<RegistryHost> hosts = known.getIfPresent(registry);
    if (hosts == null) {
      hosts = List.copyOf(find(registry));
      known.put(registry, hosts);
    }
    return hosts;
  }

  /**
   * Returns what is wrong with the folders of the hosts directory: files that cannot be understood,
   * and files that they name and that cannot be read. Every message names the file.
   */
  public List<String> faults() throws IOException {
    return directory == null ? List.of() : directory.faults();
  }

  /** Returns the registry itself, set up as the hosts directory says where it has it. */
  RegistryHost itself(String registry) throws IOException {
    return hosts(registry).stream()
        .filter(host -> host.namespace() == null)
        .findFirst()
        .orElse(registryItself(registry));
  }

  private List<RegistryHost> find(String registry) throws IOException {
    var hosts = new ArrayList<RegistryHost>();
    if (directory != null) {
      List<HostsFile.Entry> all = directory.find(registry).orElse(List.of());
      List<HostsFile.Entry> others = all.stream().filter(HostCatalog::hasContent).toList();
      boolean saysNothing =
          others.size() < all.size() && others.stream().allMatch(HostsFile.Entry::isPreset);
      if (!others.isEmpty() && !saysNothing) {
        for (HostsFile.Entry entry : others) {
          hosts.add(entryHost(entry, registry));
        }
        return hosts;
      }
    }
    for (Mirror mirror : options.mirrors().getOrDefault(registry, List.of())) {
      hosts.add(mirrorHost(mirror, registry));
    }
    hosts.add(registryItself(registry));
    return hosts;
  }

  private static boolean hasContent(HostsFile.Entry entry) {
    return entry.url() == null || !Mirror.PULL_SECRETS.equals(entry.url().getRawPath());
  }

  private RegistryHost registryItself(String registry) throws IOException {
    return registryItself(registry, isPlain(registry));
  }

  private RegistryHost registryItself(String registry, boolean plain) throws IOException {
    String server = registry.equals("docker.io") ? "registry-1.docker.io" : registry;
    String url = (plain ? "http://" : "https://") + server;
    return new RegistryHost(origin(url, registry), RegistryHost.BASE, true, true, Map.of(), null);
  }

  private RegistryHost entryHost(HostsFile.Entry entry, String registry) throws IOException {
    RegistryHost itself = registryItself(registry, isPlain(registry) && !entry.isAboutTls());
    String name = entry.url() == null ? registry : entry.url().getRawAuthority();
    Origin plain = entry.url() == null ? itself.origin() : origin(entry.url().toString(), name);
    var authorities = new ArrayList<>(options.caCertificates());
    authorities.addAll(entry.authorities());
    boolean verify = plain.settings().verify() && !entry.skipVerify();
    Origin origin = plain.with(new TlsSettings(verify, authorities, entry.identities()));
    boolean own = origin.sameServer(itself.origin());
    return new RegistryHost(
        origin,
        entry.base(),
        entry.pulls(),
        entry.resolves(),
        entry.headers(),
        own ? null : registry);
  }

  private RegistryHost mirrorHost(Mirror mirror, String registry) throws IOException {
    boolean hasScheme = mirror.host().contains("://");
    boolean plain = mirror.insecure() || isPlain(mirror.host());
    String url = hasScheme ? mirror.host() : (plain ? "http://" : "https://") + mirror.host();
    String path = URI.create(url).getPath();
    String base =
        path == null || path.isEmpty() || path.equals("/") ? RegistryHost.BASE : strip(path);
    var headers = new HashMap<String, List<String>>();
    mirror.headers().forEach((name, value) -> headers.put(name, List.of(value)));
    Origin origin = origin(url, mirror.host());
    return new RegistryHost(origin, base, true, true, headers, registry);
  }

  private static String strip(String path) {
    return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  private boolean isPlain(String registry) {
    return LOCAL.matcher(registry).matches() || named(options.plainHttpHosts(), registry);
  }

  private Origin origin(String url, String configuredName) throws IOException {
    boolean verify = !named(options.insecureTlsHosts(), configuredName);
    try {
      return Origin.of(
          URI.create(url), new TlsSettings(verify, options.caCertificates(), List.of()));
    } catch (IllegalArgumentException e) {
      throw new IOException("registry host " + Text.quote(url) + ": " + e.getMessage(), e);
    }
  }

  /** Returns whether {@code hosts} has the host, with its port or for every port. */
  private static boolean named(Set<String> hosts, String host) {
    int colon = host.lastIndexOf(':');
    boolean hasPort = colon > host.lastIndexOf(']');
    return hosts.contains(host) || (hasPort && hosts.contains(host.substring(0, colon)));
  }
}
