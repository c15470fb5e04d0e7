package dev.lazuli.estargz.bench;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.EntriesJson;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.toc.LayerFacts;
import dev.lazuli.estargz.toc.LayerIndexBuilder;
import dev.lazuli.estargz.toc.OpaqueXattr;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Locale;
import java.util.concurrent.FutureTask;

/**
 * Builds indexes of tables of contents that want much memory, some of them at the same time, and
 * prints what became of each and the most memory that this JVM ever had resident.
 */
public final class TocMemoryProbe {
  private static final String VALUE = "A".repeat(80_000);
  private static final String DIGEST = "sha256:" + "5a".repeat(32);

  private enum Kind {
    /** 1 GiB of JSON, nearly all of it extended attributes. */
    XATTRS(13_000),

    /** As many names as there may be, of files without content. */
    NAMES(1_990_000),

    /** A real layer of as many files as there may be. */
    FILES(1_990_000);

    private final int count;

    Kind(int count) {
      this.count = count;
    }

    private String entry(int number) {
      var name = "d%d/f%d".formatted(number / 1000, number);
      return switch (this) {
        case XATTRS ->
            "{\"name\":\"%s\",\"type\":\"dir\",\"xattrs\":{\"user.a\":\"%s\"}}"
                .formatted(name, VALUE);
        case NAMES -> "{\"name\":\"%s\",\"type\":\"reg\"}".formatted(name);
        case FILES ->
            """
            {"name":"usr/lib/python3/%s_module.py","type":"reg","size":4321,"modtime":\
            "2024-05-06T07:08:09Z","mode":420,"offset":%d,"digest":"%s","chunkDigest":"%s"}\
            """
                .formatted(name, 1 + number * 1500L, DIGEST, DIGEST);
      };
    }
  }

  /** {@code main(budget in MiB, kind, ...)}, the kinds all at the same time. */
  public static void main(String[] args) throws Exception {
    var limits = Limits.DEFAULT.withIndexBytes(Long.parseLong(args[0]) << 20);
    var memory = new IndexMemory(limits.indexBytes(), 4);
    var tasks = new ArrayList<FutureTask<String>>();
    for (int i = 1; i < args.length; i++) {
      var kind = Kind.valueOf(args[i].toUpperCase(Locale.ROOT));
      tasks.add(new FutureTask<>(() -> build(kind, limits, memory)));
      Thread.ofPlatform().daemon().start(tasks.getLast());
    }
    for (var task : tasks) {
      System.out.println(task.get());
    }
    System.out.println("peak " + peakMib() + " MiB resident");
  }

  private static String build(Kind kind, Limits limits, IndexMemory memory) {
    var start = System.nanoTime();
    var facts =
        new LayerFacts(
            LayerFormat.ESTARGZ,
            Digest.ofSha256(new byte[32]),
            Digest.ofSha256(new byte[32]),
            Long.MAX_VALUE,
            true);
    var outcome = "";
    try (var builder =
        new LayerIndexBuilder(
            kind.name(),
            limits,
            OpaqueXattr.TRUSTED,
            memory.share(kind.name(), Duration.ofMinutes(5)))) {
      builder.read(new EntriesJson(kind::entry, kind.count));
      try (var index = builder.build(facts)) {
        outcome = index.inodeCount() + " inodes";
      }
    } catch (IOException e) {
      outcome = e.getMessage();
    }
    return "%s: %s, %d ms"
        .formatted(kind, outcome, Duration.ofNanos(System.nanoTime() - start).toMillis());
  }

  private static long peakMib() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) >> 10;
      }
    }
    throw new IOException("no VmHWM in /proc/self/status");
  }

  private TocMemoryProbe() {}
}
