package dev.lazuli.snapshotter.transport;

import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * gRPC over unix sockets on one event loop: epoll where its native part loads, otherwise the JDK's
 * own channels.
 */
public final class UnixTransport implements AutoCloseable {
  private static final long CLOSE_MILLIS = 2000;

  private final EventLoopGroup group;
  private final boolean epoll;

  private UnixTransport(EventLoopGroup group, boolean epoll) {
    this.group = group;
    this.epoll = epoll;
  }

  /** Opens a transport whose thread bears this name. */
  public static UnixTransport open(String threadName) {
    boolean epoll = Epoll.isAvailable();
    IoHandlerFactory handlers = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    var group =
        new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory(threadName, true), handlers);
    return new UnixTransport(group, epoll);
  }

  /** Returns a builder of a server that listens on a socket; its calls still need an executor. */
  public NettyServerBuilder server(Path socket) {
    return NettyServerBuilder.forAddress(address(socket))
        .channelType(
            epoll
                ? EpollServerDomainSocketChannel.class
                : (Class<? extends ServerChannel>) NioServerDomainSocketChannel.class)
        .bossEventLoopGroup(group)
        .workerEventLoopGroup(group);
  }

  /** Returns a builder of a connection to a socket. */
  public NettyChannelBuilder channel(Path socket) {
    return NettyChannelBuilder.forAddress(address(socket))
        .channelType(
            epoll
                ? EpollDomainSocketChannel.class
                : (Class<? extends Channel>) NioDomainSocketChannel.class)
        .eventLoopGroup(group)
        .overrideAuthority("localhost")
        .usePlaintext();
  }

  private SocketAddress address(Path socket) {
    return epoll ? new DomainSocketAddress(socket.toString()) : UnixDomainSocketAddress.of(socket);
  }

  /** Stops the event loop; two seconds at most. */
  @Override
  public void close() {
    var _ =
        group
            .shutdownGracefully(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS)
            .awaitUninterruptibly(CLOSE_MILLIS);
  }
}
