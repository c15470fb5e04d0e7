package dev.lazuli.registry.http;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.pool.FixedChannelPool;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * All connections of the node, one fixed pool for each origin, on a few event loops. Safe for any
 * thread that may wait.
 *
 * <p>Memory: each read of a socket fills one direct buffer of {@code receiveBufferBytes} from an
 * arena of 1 MiB chunks; there is one arena for each event loop and no thread cache, so what is in
 * use is the open exchanges' buffers (see {@link Exchange}) rounded up to whole chunks.
 */
public final class Connections implements AutoCloseable {
  private static final int PAGE_BYTES = 8 << 10;

  /** Chunks of 8 KiB shifted by 7: 1 MiB. */
  private static final int CHUNK_ORDER = 7;

  /**
   * Servers with a pool of connections. Each redirect to another server makes one, so an image may
   * name as many as it likes: beyond this the one that was used longest ago is given up.
   */
  private static final int MAX_POOLS = 512;

  /** Longer than any server keeps a resting connection. */
  private static final Duration POOL_REST = Duration.ofMinutes(5);

  private final HttpOptions options;
  private final EventLoopGroup loops;
  private final PooledByteBufAllocator allocator;
  private final WaitingResolver resolver = new WaitingResolver();
  private final TlsContexts tls = new TlsContexts();
  private final Cache<Origin, ServerPool> pools =
      Caffeine.newBuilder()
          .maximumSize(MAX_POOLS)
          .expireAfterAccess(POOL_REST)
          .executor(Runnable::run)
          .removalListener(
              (@Nullable Origin _, @Nullable ServerPool pool, RemovalCause _) -> endResting(pool))
          .build();
  private volatile boolean closed;

  /** Makes empty pools and starts the event loop threads, which {@link #close} ends. */
  public Connections(HttpOptions options) {
    this.options = options;
    this.loops =
        new MultiThreadIoEventLoopGroup(
            options.ioThreads(),
            new DefaultThreadFactory("registry-io", /* daemon= */ true),
            NioIoHandler.newFactory());
    this.allocator =
        new PooledByteBufAllocator(
            /* preferDirect= */ true,
            /* nHeapArena= */ 0,
            options.ioThreads(),
            PAGE_BYTES,
            CHUNK_ORDER,
            /* smallCacheSize= */ 0,
            /* normalCacheSize= */ 0,
            /* useCacheForAllThreads= */ false);
  }

  /**
   * Takes a connection, a resting one if there is any, and waits while all are in use. Its exchange
   * gives it back.
   */
  Connection acquire(Origin origin, Abort abort) throws IOException {
    var acquired = new CompletableFuture<Channel>();
    pool(origin)
        .acquire()
        .addListener(
            (io.netty.util.concurrent.Future<Channel> result) -> {
              if (!result.isSuccess()) {
                acquired.completeExceptionally(result.cause());
              } else if (!acquired.complete(result.getNow())) {
                Connection.of(result.getNow()).giveBack();
              }
            });
    abort.attach(() -> acquired.completeExceptionally(new IOException("closed")));
    return Connection.of(await(acquired));
  }

  private static Channel await(CompletableFuture<Channel> acquired) throws IOException {
    try {
      return acquired.get();
    } catch (InterruptedException e) {
      if (!acquired.completeExceptionally(e) && !acquired.isCompletedExceptionally()) {
        Connection.of(acquired.join()).giveBack();
      }
      throw Abort.interrupted();
    } catch (ExecutionException e) {
      throw Failures.ioException(e.getCause() == null ? e : e.getCause());
    }
  }

  private FixedChannelPool pool(Origin origin) throws IOException {
    if (closed) {
      throw new IOException("the registry client is closed");
    }
    ServerPool known = pools.getIfPresent(origin);
    if (known != null && known.isCurrent()) {
      return known.channels();
    }
    if (known != null) {
      pools.asMap().remove(origin, known);
    }
    Proxy proxy = proxy(origin);
    var setup =
        new ConnectionSetup(
            origin, proxy, origin.tls() ? tls.of(origin.settings()) : null, options);
    var made = new ServerPool(setup.pool(bootstrap()), origin.settings().files(), proxy);
    ServerPool first = pools.asMap().putIfAbsent(origin, made);
    if (first != null) {
      made.channels().close();
      return first.channels();
    }
    return made.channels();
  }

  /** Ends resting connections; those in use end with their exchange. */
  private static void endResting(@Nullable ServerPool pool) {
    if (pool != null) {
      pool.channels().close();
    }
  }

  private @Nullable Proxy proxy(Origin origin) throws IOException {
    URI url = options.proxies().find(origin.host(), origin.port(), origin.tls()).orElse(null);
    return url == null ? null : Proxy.of(url);
  }

  private Bootstrap bootstrap() {
    return new Bootstrap()
        .group(loops)
        .channel(NioSocketChannel.class)
        .resolver(resolver)
        .option(ChannelOption.AUTO_READ, false)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.SO_KEEPALIVE, true)
        .option(
            ChannelOption.CONNECT_TIMEOUT_MILLIS,
            Math.toIntExact(options.connectTimeout().toMillis()))
        .option(ChannelOption.ALLOCATOR, allocator)
        .option(
            ChannelOption.RECVBUF_ALLOCATOR,
            new FixedRecvByteBufAllocator(options.receiveBufferBytes()).maxMessagesPerRead(1));
  }

  /** Returns how many connections are in use. */
  public int inUse() {
    return pools.asMap().values().stream()
        .mapToInt(pool -> pool.channels().acquiredChannelCount())
        .sum();
  }

  /** Returns how many servers have a pool of connections. */
  long servers() {
    pools.cleanUp();
    return pools.estimatedSize();
  }

  /** Returns how many buffers are in use. */
  public long buffersInUse() {
    return allocator.metric().directArenas().stream()
        .mapToLong(PoolArenaMetric::numActiveAllocations)
        .sum();
  }

  /** Returns the direct memory taken from the system, in bytes. */
  public long bufferBytes() {
    return allocator.metric().usedDirectMemory();
  }

  @Override
  public void close() {
    closed = true;
    pools.invalidateAll();
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
  }
}
