package dev.lazuli.testimages.registry;

import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.BlobContent;
import dev.lazuli.demo.registry.LinkProfile;
import dev.lazuli.demo.registry.LocalRegistry;
import dev.lazuli.demo.registry.RegistryCounters;
import dev.lazuli.demo.registry.RegistryDemands;
import java.io.IOException;
import java.nio.file.Files;

/**
 * A local registry as faulty and as strict as a test wants it, to pull from and to push to. All its
 * methods may be called by any thread but the registry's event loop.
 */
public final class TestRegistry implements AutoCloseable {
  private final FaultScript faults = new FaultScript();
  private final Uploads uploads;
  private final LocalRegistry registry;

  private TestRegistry(RegistryDemands demands) throws IOException {
    uploads = new Uploads(Files.createTempDirectory("registry"));
    registry =
        LocalRegistry.start(
            demands,
            content -> new PushRoutes(content, uploads),
            routes -> new FaultyRoutes(faults, routes));
  }

  /** Starts a registry without content, open to everybody over plain HTTP. */
  public static TestRegistry start() throws IOException {
    return start(RegistryDemands.OPEN);
  }

  /**
   * Starts a registry without content.
   *
   * @throws IOException if the disk has no place for what is pushed
   */
  public static TestRegistry start(RegistryDemands demands) throws IOException {
    return new TestRegistry(demands);
  }

  /** Returns {@code 127.0.0.1:PORT}, as image references name the registry. */
  public String host() {
    return registry.host();
  }

  /** Returns the reference to pull an image by. */
  public String reference(String repository, String tag) {
    return registry.reference(repository, tag);
  }

  /** Returns {@code 127.0.0.1:PORT} of the place that blobs are redirected to. */
  public String secondHost() {
    return registry.secondHost();
  }

  /**
   * Serves all images of a layout, by their tags and digests, as {@code repository}. The layout
   * must stay in place; images added to it later are served after another call.
   *
   * @throws IOException if the layout's index or one of its manifests cannot be read
   */
  public void serve(String repository, OciLayout layout) throws IOException {
    registry.serve(repository, layout);
  }

  /**
   * Serves a blob in every repository, in place of any other with this digest.
   *
   * @param digest not compared with the content, so that a test can serve something else
   */
  public void serveBlob(String digest, BlobContent content) {
    registry.serveBlob(digest, content);
  }

  /** Changes the link from now on; bodies under way go on at the new speed. */
  public void setLink(LinkProfile profile) {
    registry.setLink(profile);
  }

  /** Returns the rules for what goes wrong; without rules nothing does. */
  public FaultScript faults() {
    return faults;
  }

  /** Returns a snapshot of the counters. */
  public RegistryCounters counters() {
    return registry.counters();
  }

  /** Sets all counters to zero. */
  public void resetCounters() {
    registry.resetCounters();
  }

  /** Returns the number of connections that are open now. */
  public int openConnections() {
    return registry.openConnections();
  }

  /** Ends every connection that is open now; new ones are served. */
  public void dropConnections() {
    registry.dropConnections();
  }

  /** Stops listening, ends every connection and forgets what was pushed. Idempotent. */
  @Override
  public void close() throws IOException {
    registry.close();
    uploads.close();
  }
}
