package dev.lazuli.registry.http;

import static java.util.Objects.requireNonNull;

import dev.lazuli.registry.model.OptionChecks;
import dev.lazuli.registry.model.ProxyRules;
import java.time.Duration;

/**
 * How connections are made and how long anything is waited for.
 *
 * @param connectTimeout longest wait for a TCP connection, a TLS handshake not included
 * @param acquireTimeout longest wait for a free connection while the pool is full
 * @param headersTimeout longest wait from the request to the response's headers, TLS included
 * @param idleBodyTimeout longest silence inside a body that is being read
 * @param slowBodyTimeout how long a body may bring less than 1 KiB for each second that it is
 *     waited for; a faster one may take as long as it likes
 * @param connectionsPerHost most connections to one server, 1 to 1024
 * @param ioThreads event loop threads for all connections, 1 to 64
 * @param receiveBufferBytes size of each receive buffer, 4 KiB to 1 MiB; an open body holds at most
 *     four
 * @param proxies HTTP proxies by the target
 * @param userAgent the User-Agent header
 */
public record HttpOptions(
    Duration connectTimeout,
    Duration acquireTimeout,
    Duration headersTimeout,
    Duration idleBodyTimeout,
    Duration slowBodyTimeout,
    int connectionsPerHost,
    int ioThreads,
    int receiveBufferBytes,
    ProxyRules proxies,
    String userAgent) {

  /** Checks ranges. */
  public HttpOptions {
    OptionChecks.positive("connectTimeout", connectTimeout);
    OptionChecks.positive("acquireTimeout", acquireTimeout);
    OptionChecks.positive("headersTimeout", headersTimeout);
    OptionChecks.positive("idleBodyTimeout", idleBodyTimeout);
    OptionChecks.positive("slowBodyTimeout", slowBodyTimeout);
    OptionChecks.within("connectionsPerHost", connectionsPerHost, 1, 1024);
    OptionChecks.within("ioThreads", ioThreads, 1, 64);
    OptionChecks.within("receiveBufferBytes", receiveBufferBytes, 4 << 10, 1 << 20);
    requireNonNull(proxies);
    requireNonNull(userAgent);
  }
}
