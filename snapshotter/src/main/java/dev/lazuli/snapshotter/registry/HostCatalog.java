package dev.lazuli.snapshotter.registry;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Which hosts answer for a registry, in the order they are asked: mirrors first, the registry last.
 */
final class HostCatalog {
  private static final Pattern LOCAL =
      Pattern.compile("(?:localhost|127(?:\\.[0-9]{1,3}){3}|\\[::1\\])(?::[0-9]+)?");
  private static final String BASE = "/v2";

  private final RegistryOptions options;

  HostCatalog(RegistryOptions options) {
    this.options = options;
  }

  /** Returns the hosts for {@code registry}; never empty. */
  List<RegistryHost> hosts(String registry) throws IOException {
    var hosts = new ArrayList<RegistryHost>();
    for (Mirror mirror : options.mirrors().getOrDefault(registry, List.of())) {
      hosts.add(mirrorHost(mirror, registry));
    }
    hosts.add(registryItself(registry));
    return hosts;
  }

  private RegistryHost registryItself(String registry) throws IOException {
    String server = registry.equals("docker.io") ? "registry-1.docker.io" : registry;
    String url = (isPlain(registry) ? "http://" : "https://") + server;
    return new RegistryHost(origin(url, registry), BASE, true, true, Map.of(), null);
  }

  private RegistryHost mirrorHost(Mirror mirror, String registry) throws IOException {
    boolean hasScheme = mirror.host().contains("://");
    boolean plain = mirror.insecure() || isPlain(mirror.host());
    String url = hasScheme ? mirror.host() : (plain ? "http://" : "https://") + mirror.host();
    String path = URI.create(url).getPath();
    String base = path == null || path.isEmpty() || path.equals("/") ? BASE : strip(path);
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
  private static boolean named(java.util.Set<String> hosts, String host) {
    int colon = host.lastIndexOf(':');
    boolean hasPort = colon > host.lastIndexOf(']');
    return hosts.contains(host) || (hasPort && hosts.contains(host.substring(0, colon)));
  }
}
