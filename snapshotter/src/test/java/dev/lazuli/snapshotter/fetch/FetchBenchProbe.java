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
import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;

/**
 * The process that {@link FetchBench} measures, with the daemon's JVM options. Reads orders from
 * its standard input, one a line, and answers each with a line of figures: {@code whole DIGEST},
 * {@code scattered DIGEST PERCENT SEED [complete]} or {@code listed DIGEST PERCENT SEED}.
 */
final class FetchBenchProbe {
  private static final int READERS = 4;

  private final LayerStore store;
  private final RegistryClient client;
  private final Path tables;
  private final String host;

  private FetchBenchProbe(LayerStore store, RegistryClient client, Path tables, String host) {
    this.store = store;
    this.client = client;
    this.tables = tables;
    this.host = host;
  }

  /** {@code main(root, directory of chunk tables, host)}. */
  public static void main(String[] args) throws Exception {
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (var store =
            LayerStore.open(Path.of(args[0]), StoreOptions.defaults().withReuseEntries(0));
        var client = new RegistryClient(RegistryOptions.builder().build())) {
      var probe = new FetchBenchProbe(store, client, Path.of(args[1]), args[2]);
      for (var order = in.readLine(); order != null; order = in.readLine()) {
        System.out.println(probe.obey(order.split(" ", -1)));
      }
    }
  }

  private String obey(String[] order) throws Exception {
    var digest = order[1];
    String figures;
    try (LayerData data = add(digest);
        var scheduler =
            new FetchScheduler(FetchOptions.DEFAULT, Limits.DEFAULT, FetchListener.NONE)) {
      var blob =
          client.blob(
              ImageReference.parse(host + "/image:1"), Digest.parse(digest), data.record().size());
      var compression = Compression.valueOf(data.record().compression());
      var fetch = scheduler.attach(data, blob, compression);
      figures =
          switch (order[0]) {
            case "whole" -> whole(fetch);
            case "scattered" -> scattered(data, fetch, chosen(data, order));
            default -> listed(data, fetch, chosen(data, order));
          };
      if (order.length > 4) {
        fetch.background();
        fetch.completed().get();
      }
    }
    store.remove(Digest.parse(digest));
    return figures;
  }

  @SuppressWarnings("MustBeClosed") // The caller's.
  private LayerData add(String digest) throws IOException {
    var lines = Files.readAllLines(tables.resolve(digest.replace(':', '-')));
    var head = lines.getFirst().split(" ", -1);
    var name = Digest.parse(digest);
    var record = LayerRecord.of(name, Long.parseLong(head[0]), "test", head[1], name, -1);
    try (NewLayer layer = store.create(record)) {
      Files.write(layer.meta(), new byte[4096]);
      for (var line : lines.subList(1, lines.size())) {
        var part = line.split(" ", -1);
        layer
            .chunks()
            .add(
                Long.parseLong(part[0]),
                Long.parseLong(part[1]),
                Long.parseLong(part[2]),
                Long.parseLong(part[3]),
                0,
                HexFormat.of().parseHex(part[4]));
      }
      return layer.commit();
    }
  }

  /** Answers with seconds, CPU seconds, and MiB allocated. */
  private static String whole(LayerFetch fetch) throws Exception {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocated = threads.getTotalThreadAllocatedBytes();
    long cpu = system.getProcessCpuTime();
    long start = System.nanoTime();
    fetch.background();
    fetch.completed().get();
    return "%.4f %.4f %.4f"
        .formatted(
            (System.nanoTime() - start) / 1e9,
            (system.getProcessCpuTime() - cpu) / 1e9,
            (threads.getTotalThreadAllocatedBytes() - allocated) / (double) (1 << 20));
  }

  /** Returns so many percent of the chunks, in random order. */
  private static List<Integer> chosen(LayerData data, String[] order) {
    var chunks = new ArrayList<Integer>();
    for (int i = 0; i < data.chunks().count(); i++) {
      chunks.add(i);
    }
    Collections.shuffle(chunks, new Random(Long.parseLong(order[3])));
    return chunks.subList(0, chunks.size() * Integer.parseInt(order[2]) / 100);
  }

  private static long compressedBytes(LayerData data, List<Integer> chunks) {
    long bytes = 0;
    for (int chunk : chunks) {
      bytes += data.chunks().blobEnd(chunk) - data.chunks().blobOffset(chunk);
    }
    return bytes;
  }

  /** Readers ask for one chunk after the other; answers with seconds, and the bytes needed. */
  private static String scattered(LayerData data, LayerFetch fetch, List<Integer> wanted) {
    long start = System.nanoTime();
    try (var readers = Executors.newFixedThreadPool(READERS)) {
      for (int chunk : wanted) {
        readers.execute(() -> fetch.demand(chunk, chunk + 1).join());
      }
    }
    return "%.4f %d".formatted((System.nanoTime() - start) / 1e9, compressedBytes(data, wanted));
  }

  /** All are asked for at once, as a list; answers with seconds, and the bytes needed. */
  private static String listed(LayerData data, LayerFetch fetch, List<Integer> wanted)
      throws Exception {
    List<ChunkRun> runs =
        wanted.stream().sorted().map(chunk -> new ChunkRun(chunk, chunk + 1)).toList();
    long start = System.nanoTime();
    fetch.prefetch(runs).get();
    return "%.4f %d".formatted((System.nanoTime() - start) / 1e9, compressedBytes(data, wanted));
  }
}
