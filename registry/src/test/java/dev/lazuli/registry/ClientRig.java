package dev.lazuli.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.testimages.waiting.Eventually;
import io.netty.util.ResourceLeakDetector;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.function.Consumer;

/**
 * A client whose closing asserts that nothing leaked. Its timeouts are long, so that a slow machine
 * meets none; a test of timeouts sets its own.
 */
public final class ClientRig implements AutoCloseable {
  /** How long a client of this kind waits for anything. */
  public static final Duration PATIENCE = Eventually.PATIENCE;

  public final RegistryClient client;

  ClientRig() {
    this(options -> {});
  }

  /** Makes a client with options that {@code change} has had its say in. */
  public ClientRig(Consumer<RegistryOptions.Builder> change) {
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

  static byte[] bytes(int size) {
    var bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  RegistryBlob blob(ScriptedServer server, byte[] blob) {
    return client.blob(
        ImageReference.parse(server.host() + "/some/image:1"), Digest.sha256(blob), blob.length);
  }

  /** Reads a range whole. */
  static byte[] read(BlobSource source, long offset, long length) throws IOException {
    try (BlobStream stream = source.open(offset, length)) {
      var all = new ByteArrayOutputStream();
      for (ByteBuffer piece = stream.next(); piece != null; piece = stream.next()) {
        assertThat(piece.isDirect()).isTrue();
        assertThat(piece.hasRemaining()).isTrue();
        var copy = new byte[piece.remaining()];
        piece.get(copy);
        all.write(copy);
      }
      assertThat(stream.next()).isNull();
      return all.toByteArray();
    }
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
