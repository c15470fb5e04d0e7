package dev.lazuli.registry;

import static dev.lazuli.demo.registry.RegistryRequest.anyBlob;
import static dev.lazuli.registry.ClientRig.bytes;
import static dev.lazuli.registry.ClientRig.read;
import static java.util.Arrays.copyOfRange;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.registry.BlobContent;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.RegistryException;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A registry that misbehaves on demand: right bytes or a clear error, and nothing leaks. */
@Timeout(120)
class FaultStormTest {
  private static final byte[] BLOB = bytes(2_000_000);
  private static final String DIGEST = Digest.sha256(BLOB).toString();

  static List<Fault> faults() {
    return List.of(
        new Fault.NoAnswer(),
        new Fault.Reset(0),
        new Fault.Reset(1),
        new Fault.Reset(700_000),
        new Fault.ShortBody(0),
        new Fault.ShortBody(123_456),
        Fault.status(500),
        Fault.status(503),
        Fault.tooManyRequests(1),
        new Fault.IgnoreRange(),
        new Fault.Stall(1000, Duration.ofSeconds(3)),
        new Fault.SlowHeaders(Duration.ofMillis(300)));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void fault_that_happens_twice_is_overcome(Fault fault) throws Exception {
    try (var registry = TestRegistry.start();
        var rig = new ClientRig(options -> idle(options, fault))) {
      registry.serveBlob(DIGEST, BlobContent.of(BLOB));
      registry.faults().next(anyBlob(), fault, fault);
      var reference = ImageReference.parse(registry.host() + "/some/image:1");
      var blob = rig.client.blob(reference, Digest.parse(DIGEST), BLOB.length);

      assertThat(read(blob, 1000, 1_900_000)).isEqualTo(copyOfRange(BLOB, 1000, 1_901_000));
      assertThat(registry.faults().injected()).isPositive();
    }
  }

  /** A body that stalls has to be given up; no other one is. */
  private static RegistryOptions.Builder idle(RegistryOptions.Builder options, Fault fault) {
    return fault instanceof Fault.Stall ? options.idleBodyTimeout(Duration.ofMillis(700)) : options;
  }

  @ParameterizedTest
  @MethodSource("faults")
  void fault_that_never_ends_is_overcome_or_an_error(Fault fault) throws Exception {
    try (var registry = TestRegistry.start();
        var rig =
            new ClientRig(o -> idle(o, fault).attempts(2).headersTimeout(Duration.ofMillis(200)))) {
      registry.serveBlob(DIGEST, BlobContent.of(BLOB));
      registry.faults().always(anyBlob(), fault);
      var reference = ImageReference.parse(registry.host() + "/some/image:1");
      var blob = rig.client.blob(reference, Digest.parse(DIGEST), BLOB.length);

      try {
        assertThat(read(blob, 1000, 1_900_000)).isEqualTo(copyOfRange(BLOB, 1000, 1_901_000));
      } catch (RegistryException e) {
        assertThat(e).hasMessageContaining(DIGEST).hasMessageContaining(registry.host());
      }
    }
  }

  @Test
  void readers_through_random_faults() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    var random = new Random(seed);
    List<Fault> faults = faults().stream().filter(f -> !(f instanceof Fault.Stall)).toList();
    var right = new AtomicInteger();
    try (var registry = TestRegistry.start();
        var rig = new ClientRig(o -> o.connectionsPerHost(6));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      registry.serveBlob(DIGEST, BlobContent.of(BLOB));
      registry
          .faults()
          .always(
              anyBlob().and(request -> random(random, 5) == 0),
              faults.get(random.nextInt(faults.size())));
      for (int i = 0; i < 40; i++) {
        registry.faults().next(anyBlob(), faults.get(random.nextInt(faults.size())));
      }
      var reference = ImageReference.parse(registry.host() + "/some/image:1");
      var blob = rig.client.blob(reference, Digest.parse(DIGEST), BLOB.length);
      var jobs = new ArrayList<Future<Void>>();
      for (int i = 0; i < 60; i++) {
        jobs.add(threads.submit(job(blob, new Random(random.nextLong()), right)));
      }
      Eventually.until(() -> registry.counters().requests() >= jobs.size());
      registry.dropConnections();
      for (Future<Void> job : jobs) {
        job.get(100, TimeUnit.SECONDS);
      }
    }
    assertThat(right.get()).isGreaterThan(30);
  }

  private static int random(Random random, int bound) {
    synchronized (random) {
      return random.nextInt(bound);
    }
  }

  private static Callable<Void> job(RegistryBlob blob, Random random, AtomicInteger right) {
    return () -> {
      int offset = random.nextInt(BLOB.length - 1);
      int length = 1 + random.nextInt(BLOB.length - offset);
      int stopAt = random.nextInt(4) == 0 ? random.nextInt(length) : length;
      try (BlobStream stream = blob.open(offset, length)) {
        int at = offset;
        for (ByteBuffer piece = stream.next();
            piece != null && at < offset + stopAt;
            piece = stream.next()) {
          var copy = new byte[piece.remaining()];
          piece.get(copy);
          assertThat(copy).isEqualTo(copyOfRange(BLOB, at, at + copy.length));
          at += copy.length;
        }
        right.incrementAndGet();
      } catch (RegistryException e) {
        assertThat(e).hasMessageContaining(DIGEST);
      } catch (IOException e) {
        throw new AssertionError("not a registry's failure", e);
      }
      return null;
    };
  }
}
