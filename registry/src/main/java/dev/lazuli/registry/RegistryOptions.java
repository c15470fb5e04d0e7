package dev.lazuli.registry;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.lazuli.registry.hosts.HostOptions;
import dev.lazuli.registry.http.HttpOptions;
import dev.lazuli.registry.model.CredentialsProvider;
import dev.lazuli.registry.model.Mirror;
import dev.lazuli.registry.model.OptionChecks;
import dev.lazuli.registry.model.ProxyRules;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link RegistryClient} behaves. Make one with {@link #builder}; the defaults suit a node.
 */
public final class RegistryOptions {
  private final HttpOptions http;
  private final HostOptions hosts;
  private final CredentialsProvider credentials;
  private final int maxManifestBytes;

  private RegistryOptions(Builder from) {
    OptionChecks.within("maxManifestBytes", from.maxManifestBytes, 1 << 10, 64 << 20);
    this.http =
        new HttpOptions(
            from.connectTimeout,
            from.acquireTimeout,
            from.headersTimeout,
            from.idleBodyTimeout,
            from.slowBodyTimeout,
            from.connectionsPerHost,
            from.ioThreads,
            from.receiveBufferBytes,
            from.proxies,
            from.userAgent);
    this.hosts =
        new HostOptions(
            from.attempts,
            from.retryWait,
            from.maxRetryWait,
            from.plainHttpHosts,
            from.insecureTlsHosts,
            from.caCertificates,
            from.mirrors,
            from.hostsDirectory);
    this.credentials = requireNonNull(from.credentials);
    this.maxManifestBytes = from.maxManifestBytes;
  }

  /** Starts with the defaults: anonymous, no mirrors, no proxy. */
  public static Builder builder() {
    return new Builder();
  }

  HttpOptions http() {
    return http;
  }

  HostOptions hosts() {
    return hosts;
  }

  /** Returns where credentials come from. */
  public CredentialsProvider credentials() {
    return credentials;
  }

  int maxManifestBytes() {
    return maxManifestBytes;
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private Duration connectTimeout = Duration.ofSeconds(5);
    private Duration acquireTimeout = Duration.ofSeconds(30);
    private Duration headersTimeout = Duration.ofSeconds(15);
    private Duration idleBodyTimeout = Duration.ofSeconds(15);
    private Duration slowBodyTimeout = Duration.ofSeconds(30);
    private int connectionsPerHost = 32;
    private int ioThreads = 2;
    private int receiveBufferBytes = 64 << 10;
    private int attempts = 5;
    private Duration retryWait = Duration.ofMillis(50);
    private Duration maxRetryWait = Duration.ofSeconds(10);
    private int maxManifestBytes = 4 << 20;
    private final Set<String> plainHttpHosts = new HashSet<>();
    private final Set<String> insecureTlsHosts = new HashSet<>();
    private final List<Path> caCertificates = new ArrayList<>();
    private final Map<String, List<Mirror>> mirrors = new HashMap<>();
    private @Nullable Path hostsDirectory;
    private CredentialsProvider credentials = CredentialsProvider.none();
    private ProxyRules proxies = ProxyRules.none();
    private String userAgent = "lazuli";

    private Builder() {}

    /** Sets the longest wait for a TCP connection, a TLS handshake not included. */
    @CanIgnoreReturnValue
    public Builder connectTimeout(Duration value) {
      connectTimeout = value;
      return this;
    }

    /** Sets the longest wait for a free connection of a full pool. */
    @CanIgnoreReturnValue
    public Builder acquireTimeout(Duration value) {
      acquireTimeout = value;
      return this;
    }

    /** Sets the longest wait from the request to the response's headers, TLS included. */
    @CanIgnoreReturnValue
    public Builder headersTimeout(Duration value) {
      headersTimeout = value;
      return this;
    }

    /** Sets the longest silence inside a body that is being read. */
    @CanIgnoreReturnValue
    public Builder idleBodyTimeout(Duration value) {
      idleBodyTimeout = value;
      return this;
    }

    /** Sets how long a body may bring less than 1 KiB for each second that it is waited for. */
    @CanIgnoreReturnValue
    public Builder slowBodyTimeout(Duration value) {
      slowBodyTimeout = value;
      return this;
    }

    /**
     * Sets the most connections to one server, 1 to 1024; it should not be below the fetch
     * scheduler's stream permits.
     */
    @CanIgnoreReturnValue
    public Builder connectionsPerHost(int value) {
      connectionsPerHost = value;
      return this;
    }

    /** Sets the number of event loop threads, 1 to 64. */
    @CanIgnoreReturnValue
    public Builder ioThreads(int value) {
      ioThreads = value;
      return this;
    }

    /** Sets the size of each receive buffer, 4 KiB to 1 MiB; an open body holds at most four. */
    @CanIgnoreReturnValue
    public Builder receiveBufferBytes(int value) {
      receiveBufferBytes = value;
      return this;
    }

    /** Sets how often a request is tried at one host, 1 to 100. */
    @CanIgnoreReturnValue
    public Builder attempts(int value) {
      attempts = value;
      return this;
    }

    /**
     * Sets the wait before the second attempt, which doubles each time with jitter, and the longest
     * wait, also where the server asks for more.
     */
    @CanIgnoreReturnValue
    public Builder retryWait(Duration first, Duration longest) {
      retryWait = first;
      maxRetryWait = longest;
      return this;
    }

    /** Sets the largest manifest or index taken, 1 KiB to 64 MiB. */
    @CanIgnoreReturnValue
    public Builder maxManifestBytes(int value) {
      maxManifestBytes = value;
      return this;
    }

    /**
     * Adds a registry that is reached over plain HTTP: {@code host:port}, or {@code host} for any
     * port. Localhost always is.
     */
    @CanIgnoreReturnValue
    public Builder plainHttpHost(String host) {
      plainHttpHosts.add(host);
      return this;
    }

    /** Adds a registry whose certificate is not verified. */
    @CanIgnoreReturnValue
    public Builder insecureTlsHost(String host) {
      insecureTlsHosts.add(host);
      return this;
    }

    /** Adds a PEM file of authorities trusted besides the system's. */
    @CanIgnoreReturnValue
    public Builder caCertificate(Path file) {
      caCertificates.add(file);
      return this;
    }

    /** Sets the hosts asked before {@code registry}, in order. */
    @CanIgnoreReturnValue
    public Builder mirrors(String registry, List<Mirror> hosts) {
      mirrors.put(registry, List.copyOf(hosts));
      return this;
    }

    /** Sets containerd's {@code certs.d} folder. */
    @CanIgnoreReturnValue
    public Builder hostsDirectory(Path directory) {
      hostsDirectory = directory;
      return this;
    }

    /** Sets where credentials come from. */
    @CanIgnoreReturnValue
    public Builder credentials(CredentialsProvider provider) {
      credentials = provider;
      return this;
    }

    /** Sets the HTTP proxies. */
    @CanIgnoreReturnValue
    public Builder proxies(ProxyRules rules) {
      proxies = rules;
      return this;
    }

    /** Sets the User-Agent header. */
    @CanIgnoreReturnValue
    public Builder userAgent(String value) {
      userAgent = value;
      return this;
    }

    /** Makes the options; the builder can be used on. */
    public RegistryOptions build() {
      return new RegistryOptions(this);
    }
  }
}
