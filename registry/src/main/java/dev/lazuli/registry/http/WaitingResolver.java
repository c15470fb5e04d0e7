package dev.lazuli.registry.http;

import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;

/** Looks names up with the system's resolver on virtual threads: an event loop never waits. */
final class WaitingResolver extends AddressResolverGroup<InetSocketAddress> {
  @Override
  protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
    return new Names(executor).asAddressResolver();
  }

  private static final class Names extends InetNameResolver {
    Names(EventExecutor executor) {
      super(executor);
    }

    @Override
    protected void doResolve(String name, Promise<InetAddress> promise) {
      lookUp(name, addresses -> promise.trySuccess(addresses[0]), promise);
    }

    @Override
    protected void doResolveAll(String name, Promise<List<InetAddress>> promise) {
      lookUp(name, addresses -> promise.trySuccess(List.of(addresses)), promise);
    }

    private static void lookUp(String name, Found found, Promise<?> promise) {
      try {
        Thread.ofVirtual().name("resolve " + name).start(() -> resolve(name, found, promise));
      } catch (RejectedExecutionException | OutOfMemoryError e) { // No thread to spare.
        promise.tryFailure(new IOException("cannot resolve " + name + " now: " + e, e));
      }
    }

    private static void resolve(String name, Found found, Promise<?> promise) {
      try {
        found.accept(InetAddress.getAllByName(name));
      } catch (UnknownHostException e) {
        promise.tryFailure(new UnknownHostException("unknown host " + name));
      } catch (RuntimeException | Error e) {
        promise.tryFailure(e);
      }
    }
  }

  @FunctionalInterface
  private interface Found {
    void accept(InetAddress[] addresses);
  }
}
