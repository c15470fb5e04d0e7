package dev.lazuli.testimages.registry;

import dev.lazuli.testimages.images.OciLayout;
import java.io.IOException;
import java.util.Map;

/**
 * An OCI distribution registry in this process, on a free port of the loopback interface. All its
 * methods may be called by any thread.
 */
public final class TestRegistry implements AutoCloseable {
  private TestRegistry() {}

  /** Starts a registry without content. */
  public static TestRegistry start() throws IOException {
    return new TestRegistry();
  }

  /** Returns {@code 127.0.0.1:PORT}, as image references name the registry. */
  public String host() {
    return "127.0.0.1:0";
  }

  /** Serves all images of a layout, by their tags and digests, as {@code repository}. */
  @SuppressWarnings("DoNotCallSuggester")
  public void serve(String repository, OciLayout layout) throws IOException {
    throw new IOException(repository + " from " + layout.directory() + ": not possible yet");
  }

  /** Changes the link from now on; bodies under way go on at the new speed. */
  public void setLink(LinkProfile profile) {}

  /** Returns a snapshot of the counters. */
  public RegistryCounters counters() {
    return new RegistryCounters(0, 0, 0, 0, Map.of());
  }

  /** Sets all counters to zero. */
  public void resetCounters() {}

  /** Stops listening, ends every connection and forgets what was pushed. Idempotent. */
  @Override
  public void close() {}
}
