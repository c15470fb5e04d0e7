package dev.lazuli.registry.http;

import static java.util.Objects.requireNonNull;

import dev.lazuli.registry.model.Credentials;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.pool.AbstractChannelPoolHandler;
import io.netty.channel.pool.ChannelHealthChecker;
import io.netty.channel.pool.FixedChannelPool;
import io.netty.channel.pool.FixedChannelPool.AcquireTimeoutAction;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.proxy.HttpProxyHandler;
import io.netty.handler.proxy.ProxyHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.resolver.NoopAddressResolverGroup;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Builds the pool of one origin and the pipeline of its connections. */
final class ConnectionSetup extends AbstractChannelPoolHandler {
  private static final int MAX_LINE_BYTES = 16 << 10;
  private static final int MAX_HEADER_BYTES = 32 << 10;
  private static final int MAX_PENDING = 1 << 14;

  private final Origin origin;
  private final @Nullable Proxy proxy;
  private final @Nullable SslContext tls;
  private final HttpOptions options;
  private @Nullable FixedChannelPool pool;

  ConnectionSetup(
      Origin origin, @Nullable Proxy proxy, @Nullable SslContext tls, HttpOptions options) {
    this.origin = origin;
    this.proxy = proxy;
    this.tls = tls;
    this.options = options;
  }

  /** Makes the pool; called once. Plain HTTP goes to the proxy itself, TLS through a tunnel. */
  FixedChannelPool pool(Bootstrap bootstrap) {
    if (proxy != null && tls != null) {
      bootstrap.resolver(NoopAddressResolverGroup.INSTANCE);
    }
    bootstrap.remoteAddress(
        proxy != null && tls == null
            ? proxy.address()
            : InetSocketAddress.createUnresolved(origin.host(), origin.port()));
    pool =
        new FixedChannelPool(
            bootstrap,
            this,
            ChannelHealthChecker.ACTIVE,
            AcquireTimeoutAction.FAIL,
            options.acquireTimeout().toMillis(),
            options.connectionsPerHost(),
            MAX_PENDING,
            /* releaseHealthCheck= */ true,
            /* lastRecentUsed= */ true);
    return pool;
  }

  @Override
  public void channelCreated(Channel channel) {
    var pipeline = channel.pipeline();
    if (proxy != null && tls != null) {
      pipeline.addLast(tunnel(proxy));
    }
    if (tls != null) {
      var handler = tls.newHandler(channel.alloc(), origin.host(), origin.port());
      handler.setHandshakeTimeoutMillis(options.headersTimeout().toMillis());
      pipeline.addLast(handler);
    }
    // One read is one piece of the body: the codec must not cut it up.
    var config =
        new HttpDecoderConfig()
            .setMaxInitialLineLength(MAX_LINE_BYTES)
            .setMaxHeaderSize(MAX_HEADER_BYTES)
            .setMaxChunkSize(options.receiveBufferBytes());
    pipeline.addLast(
        new HttpClientCodec(
            config, /* parseHttpAfterConnectRequest= */ false, /* failOnMissingResponse= */ false));
    pipeline.addLast(new Connection(channel, requireNonNull(pool)));
  }

  private ProxyHandler tunnel(Proxy proxy) {
    Credentials user = proxy.credentials();
    var handler =
        user == null
            ? new HttpProxyHandler(proxy.address())
            : new HttpProxyHandler(proxy.address(), user.username(), user.secret());
    handler.setConnectTimeoutMillis(options.headersTimeout().toMillis());
    return handler;
  }
}
