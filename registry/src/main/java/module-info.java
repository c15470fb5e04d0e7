/**
 * The client of OCI registries. The root package makes the calls; {@code auth}, {@code hosts} and
 * {@code http} are floors below it that stay inside, {@code model} is what all of them speak of.
 */
module dev.lazuli.registry {
  requires transitive dev.lazuli.digest;
  requires transitive dev.lazuli.estargz;
  requires com.github.benmanes.caffeine;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.handler.proxy;
  requires io.netty.resolver;
  requires io.netty.transport;
  requires org.slf4j;
  requires tools.jackson.core;
  requires tools.jackson.databind;
  requires tools.jackson.dataformat.toml;
  requires static transitive com.google.errorprone.annotations;
  requires static transitive org.jspecify;

  exports dev.lazuli.registry;
  exports dev.lazuli.registry.credentials;
  exports dev.lazuli.registry.model;
}
