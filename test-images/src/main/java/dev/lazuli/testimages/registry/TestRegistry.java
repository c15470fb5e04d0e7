package dev.lazuli.testimages.registry;

import dev.lazuli.testimages.images.OciLayout;
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
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * An OCI distribution registry in this process, on a free port of the loopback interface: pull and
 * push, over a link as slow and as faulty as a test wants it. One event loop serves all
 * connections. All its methods may be called by any thread but that one.
 */
public final class TestRegistry implements AutoCloseable {
  // Small enough that what a client does not read is not counted as sent.
  private static final int SEND_BUFFER = 256 << 10;
  private static final int SHUTDOWN_SECONDS = 5;

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("test-registry", true), NioIoHandler.newFactory());
  private final ChannelGroup channels = new DefaultChannelGroup(group.next());
  private final RegistryContent store = new RegistryContent();
  private final CounterBoard counters = new CounterBoard();
  private final FaultScript faults = new FaultScript();
  private final NetworkLink link = new NetworkLink(group.next());
  private final Uploads uploads;
  private final Channel listener;
  private final Channel secondListener;

  private TestRegistry(RegistryDemands options) throws IOException {
    var context = options.tls().isPresent() ? options.tls().get().context() : null;
    var tls = Optional.ofNullable(context);
    uploads = new Uploads(Files.createTempDirectory("registry"));
    var second = new SecondOrigin(store, options.redirects());
    var routes = new RegistryRoutes(store, uploads, new AccessGate(options.access()), second);
    var core = new RegistryCore(routes, link, counters, faults);
    listener = listen(core, options.tlsOfStore() ? Optional.empty() : tls);
    secondListener = listen(core, tls);
    second.setOrigin((tls.isPresent() ? "https://" : "http://") + address(secondListener));
  }

  /** Starts a registry without content, open to everybody over plain HTTP. */
  public static TestRegistry start() throws IOException {
    return start(RegistryDemands.OPEN);
  }

  /**
   * Starts a registry without content.
   *
   * @throws IOException if TLS cannot be set up, or the disk has no place for what is pushed
   */
  public static TestRegistry start(RegistryDemands options) throws IOException {
    return new TestRegistry(options);
  }

  private Channel listen(RegistryCore core, Optional<SslContext> secured) {
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
                    channels.add(channel);
                    secured.ifPresent(
                        context -> channel.pipeline().addLast(context.newHandler(channel.alloc())));
                    channel
                        .pipeline()
                        .addLast(
                            new HttpServerCodec(),
                            new ConnectionHandler(core, secured.isPresent()));
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
    channels.add(bound);
    return bound;
  }

  /** Returns {@code 127.0.0.1:PORT}, as image references name the registry. */
  public String host() {
    return address(listener);
  }

  /** Returns the reference to pull an image by. */
  public String reference(String repository, String tag) {
    return host() + "/" + repository + ":" + tag;
  }

  /** Returns {@code 127.0.0.1:PORT} of the place that blobs are redirected to. */
  public String secondHost() {
    return address(secondListener);
  }

  private static String address(Channel bound) {
    var address = (InetSocketAddress) bound.localAddress();
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  /**
   * Serves all images of a layout, by their tags and digests, as {@code repository}. The layout
   * must stay in place; images added to it later are served after another call.
   *
   * @throws IOException if the layout's index or one of its manifests cannot be read
   */
  public void serve(String repository, OciLayout layout) throws IOException {
    store.addLayout(repository, layout);
  }

  /**
   * Serves a blob in every repository, in place of any other with this digest.
   *
   * @param digest not compared with the content, so that a test can serve something else
   */
  public void serveBlob(String digest, BlobContent content) {
    store.addBlob(digest, content);
  }

  /** Changes the link from now on; bodies under way go on at the new speed. */
  public void setLink(LinkProfile profile) {
    group.next().submit(() -> link.setProfile(profile)).syncUninterruptibly();
  }

  /** Returns the rules for what goes wrong; without rules nothing does. */
  public FaultScript faults() {
    return faults;
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
    return channels.size() - (int) channels.stream().filter(this::listens).count();
  }

  /** Ends every connection that is open now; new ones are served. */
  public void dropConnections() {
    channels.close(channel -> !listens(channel)).syncUninterruptibly();
  }

  private boolean listens(Channel channel) {
    return channel.equals(listener) || channel.equals(secondListener);
  }

  /** Stops listening, ends every connection and forgets what was pushed. Idempotent. */
  @Override
  public void close() throws IOException {
    if (group.isShuttingDown()) {
      return;
    }
    channels.close().syncUninterruptibly();
    group.shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
    store.close();
    uploads.close();
  }
}
