package dev.lazuli.registry.hosts;

import static java.util.Objects.requireNonNull;

import dev.lazuli.registry.http.Origin;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.Text;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One host that answers for a registry: the registry itself or a mirror of it.
 *
 * @param origin the server
 * @param base path before the repository, {@code /v2} for almost all
 * @param pulls whether content may be fetched here by digest
 * @param resolves whether tags are looked up here
 * @param headers sent with every request to this host
 * @param namespace the registry's name, told to mirrors as {@code ?ns=}; null for the registry
 */
public record RegistryHost(
    Origin origin,
    String base,
    boolean pulls,
    boolean resolves,
    Map<String, List<String>> headers,
    @Nullable String namespace) {
  /** Where the distribution API is, unless a path is overridden. */
  public static final String BASE = "/v2";

  /** Checks the base path and copies the headers. */
  public RegistryHost {
    requireNonNull(origin);
    headers = Map.copyOf(headers);
    if (!base.isEmpty() && (!base.startsWith("/") || base.endsWith("/"))) {
      throw new IllegalArgumentException("not a base path: " + Text.quote(base));
    }
  }

  /** Returns the host as messages and credentials name it. */
  public String name() {
    return origin.authority();
  }

  /** Returns the request target of something in a repository. */
  public String target(ImageReference reference, String suffix) {
    String path = base + "/" + reference.repository() + suffix;
    if (namespace == null) {
      return path;
    }
    String ns = "ns=" + namespace.replace(":", "%3A").replace("[", "%5B").replace("]", "%5D");
    return path + (path.indexOf('?') < 0 ? "?" : "&") + ns;
  }
}
