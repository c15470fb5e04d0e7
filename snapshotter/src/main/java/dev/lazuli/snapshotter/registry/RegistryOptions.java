package dev.lazuli.snapshotter.registry;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
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
 *
 * @param connectTimeout longest wait for a TCP connection, a TLS handshake not included
 * @param acquireTimeout longest wait for a free connection while the pool is full
 * @param headersTimeout longest wait from the request to the response's headers, TLS included
 * @param idleBodyTimeout longest silence inside a body that is being read
 * @param slowBodyTimeout how long a body may bring less than 1 KiB for each second that it is
 *     waited for; a faster one may take as long as it likes
 * @param connectionsPerHost most connections to one server, at least 1; should not be below the
 *     fetch scheduler's stream permits
 * @param ioThreads event loop threads for all connections, at least 1
 * @param receiveBufferBytes size of each receive buffer, 4 KiB to 1 MiB; an open body holds at most
 *     four
 * @param attempts how often a request is tried at one host before the next host is asked
 * @param retryWait wait before the second attempt; doubles each time, with jitter
 * @param maxRetryWait longest wait between attempts, also where the server asks for more
 * @param maxManifestBytes largest manifest or index taken
 * @param plainHttpHosts registries ({@code host[:port]}, or {@code host} for any port) spoken to by
 *     plain HTTP; localhost always is
 * @param insecureTlsHosts registries whose certificates are not verified
 * @param caCertificates PEM files of authorities trusted besides the system's
 * @param mirrors for a registry, the hosts asked before it, in order
 * @param hostsDirectory containerd's {@code certs.d}, or null
 * @param credentials where credentials come from
 * @param proxies HTTP proxies by the target
 * @param userAgent the User-Agent header
 */
public record RegistryOptions(
    Duration connectTimeout,
    Duration acquireTimeout,
    Duration headersTimeout,
    Duration idleBodyTimeout,
    Duration slowBodyTimeout,
    int connectionsPerHost,
    int ioThreads,
    int receiveBufferBytes,
    int attempts,
    Duration retryWait,
    Duration maxRetryWait,
    int maxManifestBytes,
    Set<String> plainHttpHosts,
    Set<String> insecureTlsHosts,
    List<Path> caCertificates,
    Map<String, List<Mirror>> mirrors,
    @Nullable Path hostsDirectory,
    CredentialsProvider credentials,
    ProxyRules proxies,
    String userAgent) {

  /** Checks ranges and copies the collections. */
  public RegistryOptions {
    positive("connectTimeout", connectTimeout);
    positive("acquireTimeout", acquireTimeout);
    positive("headersTimeout", headersTimeout);
    positive("idleBodyTimeout", idleBodyTimeout);
    positive("slowBodyTimeout", slowBodyTimeout);
    positive("retryWait", retryWait);
    positive("maxRetryWait", maxRetryWait);
    within("connectionsPerHost", connectionsPerHost, 1, 1024);
    within("ioThreads", ioThreads, 1, 64);
    within("receiveBufferBytes", receiveBufferBytes, 4 << 10, 1 << 20);
    within("attempts", attempts, 1, 100);
    within("maxManifestBytes", maxManifestBytes, 1 << 10, 64 << 20);
    plainHttpHosts = Set.copyOf(plainHttpHosts);
    insecureTlsHosts = Set.copyOf(insecureTlsHosts);
    caCertificates = List.copyOf(caCertificates);
    mirrors = Map.copyOf(mirrors);
    requireNonNull(credentials);
    requireNonNull(proxies);
    requireNonNull(userAgent);
  }

  /** Starts with the defaults: anonymous, no mirrors, no proxy. */
  public static Builder builder() {
    return new Builder();
  }

  private static void positive(String name, Duration value) {
    if (!value.isPositive()) {
      throw new IllegalArgumentException(name + " is not positive: " + value);
    }
  }

  private static void within(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + " is " + value + ", outside of " + min + " to " + max);
    }
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

    /** Sets the longest wait for a TCP connection. */
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

    /** Sets the longest wait for a response's headers. */
    @CanIgnoreReturnValue
    public Builder headersTimeout(Duration value) {
      headersTimeout = value;
      return this;
    }

    /** Sets the longest silence inside a body. */
    @CanIgnoreReturnValue
    public Builder idleBodyTimeout(Duration value) {
      idleBodyTimeout = value;
      return this;
    }

    /** Sets how long a body may drip. */
    @CanIgnoreReturnValue
    public Builder slowBodyTimeout(Duration value) {
      slowBodyTimeout = value;
      return this;
    }

    /** Sets the most connections to one server. */
    @CanIgnoreReturnValue
    public Builder connectionsPerHost(int value) {
      connectionsPerHost = value;
      return this;
    }

    /** Sets the number of event loop threads. */
    @CanIgnoreReturnValue
    public Builder ioThreads(int value) {
      ioThreads = value;
      return this;
    }

    /** Sets the size of each receive buffer. */
    @CanIgnoreReturnValue
    public Builder receiveBufferBytes(int value) {
      receiveBufferBytes = value;
      return this;
    }

    /** Sets how often a request is tried at one host. */
    @CanIgnoreReturnValue
    public Builder attempts(int value) {
      attempts = value;
      return this;
    }

    /** Sets the first and the longest wait between attempts. */
    @CanIgnoreReturnValue
    public Builder retryWait(Duration first, Duration longest) {
      retryWait = first;
      maxRetryWait = longest;
      return this;
    }

    /** Sets the largest manifest or index taken. */
    @CanIgnoreReturnValue
    public Builder maxManifestBytes(int value) {
      maxManifestBytes = value;
      return this;
    }

    /** Adds a registry that is spoken to by plain HTTP. */
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

    /** Adds a PEM file of trusted authorities. */
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
      return new RegistryOptions(
          connectTimeout,
          acquireTimeout,
          headersTimeout,
          idleBodyTimeout,
          slowBodyTimeout,
          connectionsPerHost,
          ioThreads,
          receiveBufferBytes,
          attempts,
          retryWait,
          maxRetryWait,
          maxManifestBytes,
          plainHttpHosts,
          insecureTlsHosts,
          caCertificates,
          mirrors,
          hostsDirectory,
          credentials,
          proxies,
          userAgent);
    }
  }
}
