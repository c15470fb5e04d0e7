package dev.lazuli.registry.hosts;

import dev.lazuli.registry.model.Text;
import dev.lazuli.registry.model.TlsSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * A {@code hosts.toml} of containerd: the hosts of a registry in the file's order, the {@code
 * server} last.
 *
 * @see <a href="https://github.com/containerd/containerd/blob/main/docs/hosts.md">containerd:
 *     registry host configuration</a>
 */
public final class HostsFile {
  private static final TomlMapper TOML = new TomlMapper();
  private static final int MAX_LENGTH = 1 << 20;

  private HostsFile() {}

  /**
   * What the file says about one host.
   *
   * @param url scheme, host and path; null for the registry under its own name
   * @param base path before the repository
   * @param authorities trusted besides the system's, resolved
   */
  record Entry(
      @Nullable URI url,
      String base,
      boolean pulls,
      boolean resolves,
      boolean skipVerify,
      List<Path> authorities,
      List<TlsSettings.Identity> identities,
      Map<String, List<String>> headers) {
    /** Whether it says nothing about the registry but what would hold without it. */
    boolean isPreset() {
      return url == null && pulls && resolves && !isAboutTls() && headers.isEmpty();
    }

    /** A loopback address for which certificates are configured is not asked without TLS. */
    boolean isAboutTls() {
      return skipVerify || !authorities.isEmpty() || !identities.isEmpty();
    }

    /** Returns the files that it names. */
    List<Path> files() {
      var files = new ArrayList<>(authorities);
      for (var identity : identities) {
        files.add(identity.certificate());
        if (identity.key() != null) {
          files.add(identity.key());
        }
      }
      return files;
    }
  }

  /**
   * Reads a file's text.
   *
   * @param folder what relative paths in it are relative to
   * @throws IOException if it is not TOML or says something unknown; the message says what
   */
  public static List<Entry> parse(String text, Path folder) throws IOException {
    if (text.length() > MAX_LENGTH) {
      throw new IOException("hosts.toml is longer than " + MAX_LENGTH + " characters");
    }
    try {
      JsonNode root = TOML.readTree(text);
      var entries = new ArrayList<Entry>();
      for (var host : root.path("host").properties()) {
        entries.add(entry(host.getKey(), host.getValue(), folder));
      }
      entries.add(entry(root.path("server").asString(""), root, folder));
      return entries;
    } catch (JacksonException | IllegalArgumentException e) {
      throw new IOException(
          "hosts.toml cannot be understood: " + Text.clean("" + e.getMessage()), e);
    }
  }

  private static Entry entry(String server, JsonNode node, Path folder) throws IOException {
    URI url = server.isEmpty() ? null : url(server);
    boolean pulls = true;
    boolean resolves = true;
    List<String> capabilities = strings("capabilities", node.path("capabilities"));
    if (!capabilities.isEmpty()) {
      checkCapabilities(capabilities);
      pulls = capabilities.contains("pull");
      resolves = capabilities.contains("resolve");
    }
    return new Entry(
        url,
        url == null ? RegistryHost.BASE : base(url, node.path("override_path").asBoolean(false)),
        pulls,
        resolves,
        node.path("skip_verify").asBoolean(false),
        strings("ca", node.path("ca")).stream().map(folder::resolve).toList(),
        identities(node.path("client"), folder),
        headers(node.path("header")));
  }

  private static URI url(String server) throws IOException {
    URI url = URI.create(server.startsWith("http") ? server : "https://" + server);
    if (url.getHost() == null || url.getRawQuery() != null) {
      throw new IOException("hosts.toml: not a host's URL: " + Text.quote(server));
    }
    return url;
  }

  private static String base(URI url, boolean overridden) {
    String path = url.normalize().getRawPath();
    while (path != null && path.endsWith("/")) {
      path = path.substring(0, path.length() - 1);
    }
    if (path == null || path.isEmpty()) {
      return overridden ? "" : RegistryHost.BASE;
    }
    return overridden || path.endsWith(RegistryHost.BASE) ? path : path + RegistryHost.BASE;
  }

  private static void checkCapabilities(List<String> capabilities) throws IOException {
    for (String capability : capabilities) {
      switch (capability.toLowerCase(Locale.ROOT)) {
        case "pull", "resolve", "push", "referrers" -> {}
        default ->
            throw new IOException("hosts.toml: unknown capability " + Text.quote(capability));
      }
    }
  }

  /** {@code client} is a file, a list of files, or a list of pairs of files. */
  private static List<TlsSettings.Identity> identities(JsonNode node, Path folder)
      throws IOException {
    var identities = new ArrayList<TlsSettings.Identity>();
    for (JsonNode item : node.isString() ? List.of(node) : node) {
      List<String> files = strings("client", item);
      if (files.isEmpty() || files.size() > 2) {
        throw new IOException("hosts.toml: client is neither a file nor a pair of files");
      }
      Path key = files.size() == 2 ? folder.resolve(files.get(1)) : null;
      identities.add(new TlsSettings.Identity(folder.resolve(files.getFirst()), key));
    }
    return identities;
  }

  private static Map<String, List<String>> headers(JsonNode node) throws IOException {
    var headers = new HashMap<String, List<String>>();
    for (var header : node.properties()) {
      headers.put(header.getKey(), strings("header", header.getValue()));
    }
    return headers;
  }

  private static List<String> strings(String field, JsonNode node) throws IOException {
    var strings = new ArrayList<String>();
    for (JsonNode item : node.isString() ? List.of(node) : node) {
      if (!item.isString()) {
        throw new IOException("hosts.toml: " + field + " is not a list of strings");
      }
      strings.add(item.stringValue());
    }
    if (!node.isString() && !node.isArray() && !node.isMissingNode()) {
      throw new IOException("hosts.toml: " + field + " is neither a string nor a list of strings");
    }
    return strings;
  }
}
