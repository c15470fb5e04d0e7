package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerRecord;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.NewLayer;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The small JVM of {@link FetchMemoryTest}: fetches layers, each of them one member or frame
 * repeated, from a registry in another process.
 */
final class FetchMemoryProbe {
  /** What one member or frame decompresses to. */
  static final int CHUNK_BYTES = 4 << 20;

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final LayerStore store;
  private final RegistryClient client;
  private final String host;
  private final Compression compression;
  private final int memberBytes;
  private final byte[] sha256;
  private final ConcurrentHashMap<String, AtomicLong> received = new ConcurrentHashMap<>();

  private FetchMemoryProbe(LayerStore store, RegistryClient client, List<String> arguments) {
    this.store = store;
    this.client = client;
    this.host = arguments.get(1);
    this.compression = Compression.valueOf(arguments.get(2));
    this.memberBytes = Integer.parseInt(arguments.get(3));
    this.sha256 = HexFormat.of().parseHex(arguments.get(4));
  }

  /**
   * {@code main(root, host, compression, member bytes, SHA-256 of a chunk, ...)} with {@code
   * "whole", chunks} or {@code "streams", count, bytes after which the registry stalls}.
   */
  public static void main(String[] args) throws Exception {
    var options = StoreOptions.defaults().withReuseEntries(0);
    var patient =
        RegistryOptions.builder().idleBodyTimeout(PATIENCE).headersTimeout(PATIENCE).build();
    try (var store = LayerStore.open(Path.of(args[0]), options);
        var client = new RegistryClient(patient)) {
      var probe = new FetchMemoryProbe(store, client, List.of(args));
      int number = Integer.parseInt(args[6]);
      if (args[5].equals("whole")) {
        probe.whole(number);
      } else {
        probe.streams(number, Long.parseLong(args[7]));
      }
    }
  }

  static String digest(int layer) {
    return "sha256:%064x".formatted(layer);
  }

  @SuppressWarnings("MustBeClosed") // The caller's.
  private LayerData add(int number, int chunks) throws IOException {
    var digest = Digest.parse(digest(number));
    var record =
        LayerRecord.of(digest, (long) chunks * memberBytes, "test", compression.name(), digest, -1);
    try (NewLayer layer = store.create(record)) {
      Files.write(layer.meta(), new byte[4096]);
      for (long i = 0; i < chunks; i++) {
        long start = i * memberBytes;
        layer.chunks().add(i * CHUNK_BYTES, CHUNK_BYTES, start, start + memberBytes, 0, sha256);
      }
      return layer.commit();
    }
  }

  private LayerFetch fetch(FetchScheduler scheduler, LayerData data) throws IOException {
    var record = data.record();
    var reference = ImageReference.parse(host + "/image:1");
    LayerFetch fetch =
        scheduler.attach(data, client.blob(reference, record.digest(), record.size()), compression);
    fetch.background();
    return fetch;
  }

  private FetchScheduler scheduler(FetchOptions options) {
    FetchListener counting =
        new FetchListener() {
          @Override
          public void bytesFetched(String layer, int bytes, Priority priority) {
            received.computeIfAbsent(layer, _ -> new AtomicLong()).addAndGet(bytes);
          }
        };
    return new FetchScheduler(options.withStallTimeout(PATIENCE), Limits.DEFAULT, counting);
  }

  private void whole(int chunks) throws Exception {
    try (var scheduler = scheduler(FetchOptions.DEFAULT);
        LayerData data = add(1, chunks)) {
      long start = System.nanoTime();
      fetch(scheduler, data).completed().get();
      double seconds = (System.nanoTime() - start) / 1e9;
      long mebibytes = ((long) chunks * CHUNK_BYTES) >> 20;
      System.out.printf(
          "%s: %d MiB in %.2f s, %.0f MiB/s, live heap and anonymous memory %d KiB%n",
          compression, mebibytes, seconds, mebibytes / seconds, used() >> 10);
      System.out.println(data.complete() ? "complete" : "incomplete");
    }
  }

  private void streams(int count, long stallAt) throws Exception {
    var handles = new ArrayList<LayerData>();
    try (var scheduler = scheduler(FetchOptions.DEFAULT.withMemoryForStreams(32, 31, 1))) {
      long first = 0;
      for (int i = 1; i <= count; i++) {
        handles.add(add(i, 4));
        fetch(scheduler, handles.getLast());
        var stalled = received.computeIfAbsent(digest(i), _ -> new AtomicLong());
        Eventually.until(() -> stalled.get() >= stallAt);
        if (i == 1) {
          first = used();
        }
      }
      long all = used();
      System.out.printf(
          "%s: %d streams, %d KiB, the first %d KiB%n",
          compression, scheduler.openStreams(), all >> 10, first >> 10);
      System.out.printf("bytes per further stream: %d%n", (all - first) / (count - 1));
    }
    handles.forEach(LayerData::close);
  }

  /**
   * Returns the live heap, Java's direct buffers, and what the process has of anonymous memory
   * beside its heap, which is resident from the start: netty's buffers, zlib's and zstd's state,
   * stacks.
   */
  @SuppressWarnings("CallToSystemGC")
  private static long used() throws InterruptedException, IOException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(20); // What a collection frees is given back by threads of the JVM.
    }
    long bytes = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      bytes += pool.getName().equals("direct") ? pool.getMemoryUsed() : 0;
    }
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("RssAnon:")) {
        bytes += Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    return bytes;
  }
}
