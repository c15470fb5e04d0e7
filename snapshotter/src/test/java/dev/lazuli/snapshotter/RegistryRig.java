package dev.lazuli.snapshotter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.testimages.waiting.Eventually;
import io.netty.util.ResourceLeakDetector;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * A client of registries whose closing asserts that nothing leaked. Its timeouts are long, so that
 * a slow machine meets none; a test of timeouts sets its own.
 */
public final class RegistryRig implements AutoCloseable {
  /** How long a client of this kind waits for anything. */
  public static final Duration PATIENCE = Eventually.PATIENCE;

  public final RegistryClient client;

  /** Makes a client with options that {@code change} has had its say in. */
  public RegistryRig(Consumer<RegistryOptions.Builder> change) {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    var builder =
        RegistryOptions.builder()
            .connectTimeout(PATIENCE)
            .acquireTimeout(PATIENCE)
            .headersTimeout(PATIENCE)
            .idleBodyTimeout(PATIENCE)
            .retryWait(Duration.ofMillis(5), Duration.ofMillis(300));
    change.accept(builder);
    client = new RegistryClient(builder.build());
  }

  /** Asserts that every connection and buffer comes back. */
  public void assertNothingLeaked() {
    Eventually.asserted(
        () -> {
          assertThat(client.connectionsInUse()).as("connections in use").isZero();
          assertThat(client.buffersInUse()).as("buffers in use").isZero();
        });
  }

  @Override
  public void close() {
    try {
      assertNothingLeaked();
    } finally {
      client.close();
    }
  }
}
