package dev.lazuli.snapshotter.start;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches what the image's program will read when it starts: the program itself, its interpreter,
 * the libraries that both need and theirs, files that its command line names, and what known
 * runtimes open. A cold start is else a chain of round trips in which each file names the next one
 * only when it has arrived, while the link rests between them; here the whole chain is walked while
 * the client still pulls and the container is made.
 *
 * <p>All of it is prefetch: it never holds up a reader, and what it guesses wrong costs no more
 * than its budget of bytes. It trusts nothing: whatever a file or the configuration says can only
 * lead to chunks of the image being fetched earlier than else.
 */
public final class HeadStart {
  private static final Logger log = LoggerFactory.getLogger(HeadStart.class);

  private static final int HEAD_BYTES = 256;

  /** More than any program reads before its first output; each is looked into by a thread. */
  private static final int MOST_FILES = 2048;

  /** Larger files are seldom read from end to end, but for programs and libraries. */
  private static final long MOST_DATA_BYTES = 32L << 20;

  /** What is fetched of those that are larger. */
  private static final long HEAD_OF_LARGE_BYTES = 1;

  private final ImageStart start;
  private final ImageTree tree;
  private final Loader loader;
  private final AtomicLong budget;
  private final Set<ImageFile> seen = ConcurrentHashMap.newKeySet();
  private final Phaser working = new Phaser(1);

  private HeadStart(ImageStart start, List<StartLayer> fromTop, long budget) {
    this.start = start;
    this.tree = new ImageTree(fromTop);
    this.loader = new Loader(tree, start.libraryPath());
    this.budget = new AtomicLong(budget);
  }

  /**
   * Fetches, and returns once everything that was found has come or failed. Blocks; for a virtual
   * thread.
   *
   * @param fromTop the image's layers, the topmost first; they stay the caller's
   * @param budget most bytes to fetch from blobs
   * @return how many files were asked for
   */
  public static int run(ImageStart start, List<StartLayer> fromTop, long budget) {
    var head = new HeadStart(start, fromTop, budget);
    head.begin();
    head.working.arriveAndAwaitAdvance();
    return head.seen.size();
  }

  private void begin() {
    guarded(
        () -> {
          var first = new ArrayList<ImageFile>();
          program(start.entrypoint()).ifPresent(first::add);
          program(start.command()).ifPresent(first::add);
          for (String path : Loader.usualFiles()) {
            tree.file(path).ifPresent(first::add);
          }
          for (String word : arguments()) {
            tree.file(word.startsWith("/") ? word : start.workingDirectory() + "/" + word)
                .ifPresent(first::add);
          }
          follow(first);
        });
  }

  private Optional<ImageFile> program(List<String> words) throws IOException {
    return words.isEmpty() ? Optional.empty() : program(words.getFirst());
  }

  private Optional<ImageFile> program(String name) throws IOException {
    if (name.startsWith("/")) {
      return tree.file(name);
    }
    if (name.contains("/")) {
      return tree.file(start.workingDirectory() + "/" + name);
    }
    for (String directory : start.path()) {
      var file = tree.file(directory + "/" + name);
      if (file.isPresent()) {
        return file;
      }
    }
    return Optional.empty();
  }

  /** Words that may name files: {@code java -jar /app.jar}, {@code node server.js}. */
  private List<String> arguments() {
    return Stream.of(start.entrypoint(), start.command())
        .flatMap(words -> words.stream().skip(1))
        .filter(word -> !word.startsWith("-") && word.length() < 256 && !word.contains("\n"))
        .toList();
  }

  /** Fetches files, with one list for each layer, and then what they need in turn. */
  private void follow(List<ImageFile> files) {
    var fetched = new ArrayList<ImageFile>();
    var lists = new LinkedHashMap<StartLayer, List<StartLayer.Extent>>();
    for (ImageFile file : files) {
      long length = file.size() <= MOST_DATA_BYTES ? file.size() : HEAD_OF_LARGE_BYTES;
      if (seen.size() < MOST_FILES && seen.add(file) && pay(file, length)) {
        fetched.add(file);
        lists
            .computeIfAbsent(file.layer(), _ -> new ArrayList<>())
            .add(new StartLayer.Extent(file.offset(), length));
      }
    }
    lists.forEach((layer, list) -> track(layer.prefetch(list)));
    for (ImageFile file : fetched) {
      working.register();
      Thread.ofVirtual().name("head-start").start(() -> examine(file));
    }
  }

  private void examine(ImageFile file) {
    try {
      guarded(() -> follow(needsOf(file)));
    } finally {
      working.arriveAndDeregister();
    }
  }

  /** Takes what the beginning of a file costs from the budget, if there is enough left. */
  private boolean pay(ImageFile file, long length) {
    long cost = file.blobBytes(length);
    if (budget.addAndGet(-cost) >= 0) {
      return true;
    }
    budget.addAndGet(cost);
    return false;
  }

  private void track(CompletableFuture<Void> fetched) {
    working.register();
    var _ = fetched.whenComplete((_, _) -> working.arriveAndDeregister());
  }

  private List<ImageFile> needsOf(ImageFile file) throws IOException {
    byte[] head = file.read(0, HEAD_BYTES);
    if (Elf.starts(head)) {
      if (file.size() > MOST_DATA_BYTES) {
        if (!pay(file, file.size())) {
          return List.of();
        }
        track(file.layer().prefetch(List.of(new StartLayer.Extent(file.offset(), file.size()))));
      }
      var needed = new ArrayList<ImageFile>(loader.needs(Elf.read(file)));
      needed.addAll(openedBy(file));
      return needed;
    }
    return head.length > 2 && head[0] == '#' && head[1] == '!' ? interpreters(head) : List.of();
  }

  private List<ImageFile> openedBy(ImageFile program) throws IOException {
    var files = new ArrayList<ImageFile>();
    for (String path : KnownPrograms.openedBy(program)) {
      if (path.endsWith("/")) {
        for (String name : tree.files(path)) {
          tree.file(path + name).ifPresent(files::add);
        }
      } else {
        tree.file(path).ifPresent(files::add);
      }
    }
    return files;
  }

  /** Returns the program of a script's first line; for {@code /usr/bin/env NAME} both. */
  private List<ImageFile> interpreters(byte[] head) throws IOException {
    String text = new String(head, 2, head.length - 2, UTF_8);
    List<String> words = List.of(text.lines().findFirst().orElse("").strip().split("[ \t]+", 3));
    var found = new ArrayList<ImageFile>();
    if (!words.getFirst().isEmpty()) {
      program(words.getFirst()).ifPresent(found::add);
    }
    if (words.getFirst().endsWith("/env") && words.size() > 1) {
      program(words.get(1)).ifPresent(found::add);
    }
    return found;
  }

  private interface Step {
    void run() throws IOException;
  }

  /** Whatever goes wrong: the start will be slower, no more. */
  private static void guarded(Step step) {
    try {
      step.run();
    } catch (IOException | RuntimeException e) {
      log.debug("head start: {}", e.toString());
    }
  }
}
