package dev.lazuli.snapshotter.start;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Phaser;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches what the image's program will read when it starts: the program itself, its interpreter,
 * the libraries that both need and theirs, files that its command line names, and what known
 * runtimes open. Without this, a cold start is a chain of round trips in which each file names the
 * next one only when it has arrived, while the link rests between them; here the whole chain is
 * walked while the client still pulls and the container is made.
 *
 * <p>All of it is prefetch: it never holds up a reader, and what it guesses wrong costs no more
 * than its {@link StartLimits}. It trusts nothing: whatever a file or the configuration says can
 * only lead to chunks of the image being fetched earlier than otherwise.
 *
 * <p>No step waits. One that wants bytes that have not come ends, and is begun again once they are
 * here; so a few threads do for all images, and those that wait for the network are left alone.
 */
public final class HeadStart {
  private static final Logger log = LoggerFactory.getLogger(HeadStart.class);

  private static final int HEAD_BYTES = 256;

  /** What is fetched of files that are larger than {@link StartLimits#dataBytes}. */
  private static final long HEAD_OF_LARGE_BYTES = 1;

  /** How long a step waits for its bytes. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** A file wants its head, its table of segments, its dynamic section and two lists of names. */
  private static final int MOST_BEGINNINGS = 8;

  private final ImageStart start;
  private final Executor steps;
  private final StartBudget budget;
  private final MergedTree tree;
  private final Loader loader;
  private final Set<ImageFile> seen = ConcurrentHashMap.newKeySet();
  private final Phaser working = new Phaser(1);

  private HeadStart(
      ImageStart start, List<StartLayer> fromTop, StartLimits limits, Executor steps) {
    this.start = start;
    this.steps = steps;
    this.budget = new StartBudget(limits);
    this.tree = new MergedTree(fromTop, budget);
    this.loader = new Loader(tree, start.libraryPath(), budget);
  }

  /**
   * What a head start did.
   *
   * @param files how many files were asked for
   * @param lookUps how many look-ups it took to find them
   */
  public record Walked(int files, long lookUps) {}

  /**
   * Fetches, and returns once everything that was found has come or failed, or the time is over.
   *
   * @param fromTop the image's layers, the topmost first; they stay the caller's
   * @param limits what it may cost
   * @param steps runs the steps, each of which computes or reads from disk and never waits
   * @throws InterruptedException if the thread is interrupted; the walk ends
   */
  public static Walked run(
      ImageStart start, List<StartLayer> fromTop, StartLimits limits, Executor steps)
      throws InterruptedException {
    var head = new HeadStart(start, fromTop, limits, steps);
    try {
      head.step(head::begin);
      head.working.awaitAdvanceInterruptibly(
          head.working.arrive(), limits.time().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      log.debug("head start ended after {}", limits.time());
    } finally {
      head.budget.end();
    }
    return new Walked(head.budget.files(), head.budget.lookUps());
  }

  /** Has a step run, unless the head start is over. */
  private void step(Step step) {
    working.register();
    try {
      steps.execute(() -> guarded(step));
    } catch (RejectedExecutionException e) {
      working.arriveAndDeregister();
    }
  }

  private void begin() throws IOException {
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
      long length = isLarge(file) ? HEAD_OF_LARGE_BYTES : file.size();
      if (isNew(file) && pay(file, length)) {
        fetched.add(file);
        lists
            .computeIfAbsent(file.layer(), _ -> new ArrayList<>())
            .add(new StartLayer.Extent(file.offset(), length));
      }
    }
    lists.forEach((layer, list) -> track(layer.prefetch(list)));
    fetched.forEach(file -> step(() -> examine(file, 1, false)));
  }

  private boolean isNew(ImageFile file) {
    if (!seen.add(file)) {
      return false;
    }
    if (budget.takeFile(file.path())) {
      return true;
    }
    seen.remove(file);
    return false;
  }

  private boolean isLarge(ImageFile file) {
    return file.size() > budget.limits().dataBytes();
  }

  /**
   * Looks into a file.
   *
   * @param beginning how often this was begun, with this time
   * @param wholeIsComing whether all of a large file was asked for
   */
  private void examine(ImageFile file, int beginning, boolean wholeIsComing) throws IOException {
    boolean coming = wholeIsComing;
    try {
      byte[] head = file.read(0, HEAD_BYTES);
      if (Elf.starts(head)) {
        if (isLarge(file) && !coming) {
          if (!pay(file, file.size())) {
            return;
          }
          coming = true;
          track(file.layer().prefetch(List.of(new StartLayer.Extent(file.offset(), file.size()))));
        }
        var needed = new ArrayList<ImageFile>(loader.needs(Elf.read(file, budget.limits())));
        needed.addAll(openedBy(file));
        follow(needed);
      } else if (head.length > 2 && head[0] == '#' && head[1] == '!') {
        follow(interpreters(head));
      }
    } catch (NotArrivedException e) {
      if (beginning < MOST_BEGINNINGS && !budget.hasEnded()) {
        boolean whole = coming;
        track(
            e.arrival().copy().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS),
            () -> examine(file, beginning + 1, whole));
      }
    }
  }

  /** Takes what the beginning of a file costs from the budget, if there is enough left. */
  private boolean pay(ImageFile file, long length) {
    return budget.takeBlobBytes(file.blobBytes(length));
  }

  private void track(CompletableFuture<Void> fetched) {
    track(fetched, () -> {});
  }

  /** Has a step run when something has come; counts as working until then. */
  private void track(CompletableFuture<Void> fetched, Step next) {
    working.register();
    var _ =
        fetched.whenComplete(
            (_, failure) -> {
              if (failure == null) {
                step(next);
              }
              working.arriveAndDeregister();
            });
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
  private void guarded(Step step) {
    try {
      if (!budget.hasEnded()) {
        step.run();
      }
    } catch (IOException | RuntimeException e) {
      log.debug("head start: {}", e.toString());
    } finally {
      working.arriveAndDeregister();
    }
  }
}
