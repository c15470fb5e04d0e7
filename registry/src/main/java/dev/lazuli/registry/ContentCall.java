package dev.lazuli.registry;

import dev.lazuli.registry.hosts.HostCall;
import dev.lazuli.registry.hosts.HostFailure;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.HttpCall;
import dev.lazuli.registry.http.HttpReply;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageReference;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;

/** A small blob whole from one host, checked against its digest and size. */
record ContentCall(
    HostRequests requests, ImageReference reference, Descriptor descriptor, Abort abort)
    implements HostCall<byte[]> {

  @Override
  public byte[] at(RegistryHost host) throws IOException {
    String suffix = "/blobs/" + descriptor.digest();
    try (HttpReply reply =
        requests.send(HttpMethod.GET, host, reference, suffix, HttpCall.newHeaders(), abort)) {
      if (reply.status() != 200) {
        throw HostFailure.of(reply);
      }
      byte[] bytes = reply.readAll(Math.toIntExact(descriptor.size()));
      if (bytes.length != descriptor.size() || !descriptor.digest().matches(bytes)) {
        throw HostFailure.senseless(
            200, bytes.length + " bytes whose digest is not " + descriptor.digest());
      }
      return bytes;
    }
  }
}
