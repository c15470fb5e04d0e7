package dev.lazuli.registry.hosts;

import dev.lazuli.registry.model.Mirror;
import dev.lazuli.registry.model.OptionChecks;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which hosts answer for a registry, and how often each is asked.
 *
 * @param attempts how often a request is tried at one host, 1 to 100
 * @param retryWait wait before the second attempt; doubles each time, with jitter
 * @param maxRetryWait longest wait between attempts, also where the server asks for more
 * @param plainHttpHosts registries ({@code host[:port]}, or {@code host} for any port) reached over
 *     plain HTTP; localhost always is
 * @param insecureTlsHosts registries whose certificates are not verified
 * @param caCertificates PEM files of authorities trusted besides the system's
 * @param mirrors for a registry, the hosts asked before it, in order
 * @param hostsDirectory containerd's {@code certs.d}, or null
 */
public record HostOptions(
    int attempts,
    Duration retryWait,
    Duration maxRetryWait,
    Set<String> plainHttpHosts,
    Set<String> insecureTlsHosts,
    List<Path> caCertificates,
    Map<String, List<Mirror>> mirrors,
    @Nullable Path hostsDirectory) {

  /** Checks ranges and copies the collections. */
  public HostOptions {
    OptionChecks.within("attempts", attempts, 1, 100);
    OptionChecks.positive("retryWait", retryWait);
    OptionChecks.positive("maxRetryWait", maxRetryWait);
    plainHttpHosts = Set.copyOf(plainHttpHosts);
    insecureTlsHosts = Set.copyOf(insecureTlsHosts);
    caCertificates = List.copyOf(caCertificates);
    mirrors = Map.copyOf(mirrors);
  }
}
