package dev.lazuli.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.registry.model.ImageReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class MemoryTest {
  private static final int STREAMS = 16;
  private static final int SIZE = 32 << 20;

  private final AtomicLong peak = new AtomicLong();

  @Test
  void sixteen_streams_at_once_stay_within_their_buffers() throws Exception {
    byte[] block = ClientRig.bytes(1 << 20);
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  reply.head(
                      206,
                      "Content-Range: bytes 0-" + (SIZE - 1) + "/" + SIZE,
                      "Content-Length: " + SIZE);
                  for (int sent = 0; sent < SIZE; sent += block.length) {
                    reply.raw(block);
                  }
                });
        var rig = new ClientRig();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var reference = ImageReference.parse(server.host() + "/some/image:1");
      var blob = rig.client.blob(reference, Digest.sha256(block), SIZE);
      var reads = new ArrayList<Future<Long>>();
      for (int i = 0; i < STREAMS; i++) {
        reads.add(threads.submit(() -> count(blob.open(0, SIZE), rig.client)));
      }
      for (Future<Long> read : reads) {
        assertThat(read.get()).isEqualTo(SIZE);
      }

      // Four buffers of 64 KiB each, rounded up to chunks of 1 MiB in each of two arenas.
      assertThat(peak.get()).isBetween(1L << 20, 6L << 20);
    }
  }

  private long count(BlobStream stream, RegistryClient client) throws Exception {
    try (stream) {
      long all = 0;
      for (ByteBuffer piece = stream.next(); piece != null; piece = stream.next()) {
        all += piece.remaining();
        peak.accumulateAndGet(client.bufferBytes(), Math::max);
        if ((all & 0xff_ffff) == 0) {
          Thread.sleep(1); // A reader that is slower than the registry.
        }
      }
      return all;
    }
  }
}
