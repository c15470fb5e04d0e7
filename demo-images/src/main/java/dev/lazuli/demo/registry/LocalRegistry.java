package dev.lazuli.demo.registry;

import dev.lazuli.demo.images.OciLayout;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * An OCI distribution registry in this process, on a free port of the loopback interface, behind a
 * link that can be slowed down. One event loop serves all connections. All methods may be called by
 * any other thread.
 */
public final class LocalRegistry implements AutoCloseable {
  // Small enough that what a client does not read is not counted as sent.
  private static final int SEND_BUFFER = 256 << 10;
  private static final int SHUTDOWN_SECONDS = 5;

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("local-registry", true), NioIoHandler.newFactory());
  private final ChannelGroup channels = new DefaultChannelGroup(group.next());
  private final RegistryContent content = new RegistryContent();
  private final CounterBoard counters = new CounterBoard();
  private final NetworkLink link = new NetworkLink(group.next());
  private final RegistryCore core;
  private final String host;
  private final String secondHost;

  private LocalRegistry(
      RegistryDemands demands,
      Function<RegistryContent, RegistryRoutes> inside,
      UnaryOperator<RegistryRoutes> outside) {
    var second = new SecondOrigin(content, demands.redirects());
    var gate = new AccessGate(demands.access());
    var routes = new GuardedRoutes(content, inside.apply(content), gate, second);
    core = new RegistryCore(outside.apply(routes), link, counters);
    boolean listening = false;
    try {
      host = listen(demands.tlsOfStore() ? Optional.empty() : demands.tls());
      secondHost = listen(demands.tls());
      listening = true;
    } finally {
      if (!listening) {
        var _ = group.shutdownGracefully();
      }
    }
    second.setOrigin((demands.tls().isPresent() ? "https://" : "http://") + secondHost);
  }

  /** Starts a registry without content, whose images everybody can pull over plain HTTP. */
  public static LocalRegistry start() {
    return start(RegistryDemands.OPEN);
  }

  /** Starts a registry without content, whose images can be pulled. */
  public static LocalRegistry start(RegistryDemands demands) {
    return start(demands, PullRoutes::new, UnaryOperator.identity());
  }

  /**
   * Starts a registry without content.
   *
   * @param inside makes what answers requests that meet the demands, for this content
   * @param outside makes what answers all requests, out of what would answer them
   */
  public static LocalRegistry start(
      RegistryDemands demands,
      Function<RegistryContent, RegistryRoutes> inside,
      UnaryOperator<RegistryRoutes> outside) {
    return new LocalRegistry(demands, inside, outside);
  }

  private String listen(Optional<SslContext> tls) {
    var bound =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 512)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_SNDBUF, SEND_BUFFER)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WriteBufferWaterMark.DEFAULT)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    accept(channel, tls);
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
    channels.add(bound);
    var address = (InetSocketAddress) bound.localAddress();
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  private void accept(SocketChannel channel, Optional<SslContext> tls) {
    channels.add(channel);
    tls.ifPresent(context -> channel.pipeline().addLast(context.newHandler(channel.alloc())));
    channel.pipeline().addLast(new HttpServerCodec(), new ConnectionHandler(core, tls.isPresent()));
  }

  /** Returns {@code 127.0.0.1:PORT}, as image references name the registry. */
  public String host() {
    return host;
  }

  /** Returns {@code 127.0.0.1:PORT} of the place that blobs are redirected to. */
  public String secondHost() {
    return secondHost;
  }

  /** Returns the reference to pull an image by. */
  public String reference(String repository, String tag) {
    return host() + "/" + repository + ":" + tag;
  }

  /**
   * Serves all images of a layout, by their tags and digests, as {@code repository}. The layout
   * must stay in place; images added to it later are served after another call.
   *
   * @throws IOException if the layout's index or one of its manifests cannot be read
   */
  public void serve(String repository, OciLayout layout) throws IOException {
    content.addLayout(repository, layout);
  }

  /**
   * Serves a blob in every repository, in place of any other with this digest.
   *
   * @param digest not compared with the blob
   */
  public void serveBlob(String digest, BlobContent blob) {
    content.addBlob(digest, blob);
  }

  /** Changes the link from now on; bodies under way go on at the new speed. */
  public void setLink(LinkProfile profile) {
    group.next().submit(() -> link.setProfile(profile)).syncUninterruptibly();
  }

  /** Returns a snapshot of the counters. */
  public RegistryCounters counters() {
    return counters.snapshot();
  }

  /** Sets all counters to zero. */
  public void resetCounters() {
    counters.reset();
  }

  /** Returns the number of connections that are open now. */
  public int openConnections() {
    return (int) channels.stream().filter(channel -> !listens(channel)).count();
  }

  /** Ends every connection that is open now; new ones are served. */
  public void dropConnections() {
    channels.close(channel -> !listens(channel)).syncUninterruptibly();
  }

  private static boolean listens(Channel channel) {
    return channel instanceof ServerSocketChannel;
  }

  /** Stops listening, ends every connection and closes its blobs. Idempotent. */
  @Override
  public void close() throws IOException {
    if (group.isShuttingDown()) {
      return;
    }
    channels.close().syncUninterruptibly();
    group.shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
    content.close();
  }
}
