package dev.lazuli.snapshotter.containerd;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.MetadataUtils;
import java.util.Optional;

/** Calls to one containerd in one namespace, under one lease if there is one. */
record Session(Channel channel) {
  private static final Metadata.Key<String> NAMESPACE =
      Metadata.Key.of("containerd-namespace", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> LEASE =
      Metadata.Key.of("containerd-lease", Metadata.ASCII_STRING_MARSHALLER);

  /** One unary call. */
  interface Call<T> {
    T run() throws StatusException;
  }

  static Session of(Channel channel, String namespace) {
    return new Session(with(channel, NAMESPACE, namespace));
  }

  Session underLease(String lease) {
    return new Session(with(channel, LEASE, lease));
  }

  private static Channel with(Channel channel, Metadata.Key<String> key, String value) {
    var headers = new Metadata();
    headers.put(key, value);
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /** Runs a call; {@code action} says in the message of a failure what it was for. */
  static <T> T call(String action, Call<T> call) throws ContainerdException {
    try {
      return call.run();
    } catch (StatusException e) {
      throw new ContainerdException(action, e);
    }
  }

  /** Runs a call that may find that the thing exists, or does not: then empty. */
  static <T> Optional<T> callUnless(Status.Code expected, String action, Call<T> call)
      throws ContainerdException {
    try {
      return Optional.of(call.run());
    } catch (StatusException e) {
      if (e.getStatus().getCode() == expected) {
        return Optional.empty();
      }
      throw new ContainerdException(action, e);
    }
  }
}
