package dev.lazuli.snapshotter.start;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Phaser;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches what the image's program will read when it starts: the program itself, its interpreter,
 * the libraries that both need and theirs, and the modules that it imports. Without this, a cold
 * start is a chain of round trips in which each file names the next one only when it has arrived,
 * while the link rests between them; here the whole chain is walked while the client still pulls
 * and the container is made.
 *
 * <p>All of it is prefetch: it never holds up a reader, and what it guesses wrong costs no more
 * than its {@link StartLimits}. Nothing is fetched that is not {@linkplain FetchPace worth it}. It
 * trusts nothing: whatever a file or the configuration says can only lead to chunks of the image
 * being fetched earlier than otherwise.
 *
 * <p>What readers then {@linkplain #missed miss} leads it on: a program that was not named before,
 * a module that is imported late.
 *
 * <p>No step waits. One that wants bytes that have not come ends, and is begun again once they are
 * here; so a few threads do for all images, and those that wait for the network are left alone.
 */
public final class HeadStart implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HeadStart.class);

  /** How long a step waits for its bytes. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** A file wants its head, its table of segments, its dynamic section and two lists of names. */
  private static final int MOST_BEGINNINGS = 8;

  /** How many misses may wait to be looked into: more come only from readers of everything. */
  private static final int MOST_PENDING = 32;

  /** Finding the files of a larger layer by their place takes too long for a start. */
  private static final long MOST_NAMED = 200_000;

  /** How long to follow readers that miss nothing. */
  private static final Duration QUIET = Duration.ofSeconds(15);

  /** The same file may be looked into in different ways: as an argument, and as a program. */
  private record Seen(ImageFile file, StartWish.Purpose purpose) {}

  private final List<StartLayer> layers;
  private final Executor steps;
  private final StartBudget budget;
  private final FetchPace pace;
  private final MergedTree tree;
  private final StartPrograms programs;
  private final Set<Seen> seen = ConcurrentHashMap.newKeySet();
  private final Map<ImageFile, List<FilePart>> asked = new ConcurrentHashMap<>();
  private final Map<StartLayer, StartQueue> queues = new ConcurrentHashMap<>();
  private final Phaser working = new Phaser(1);
  private final AtomicInteger pending = new AtomicInteger();
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile long lastMiss = System.nanoTime();

  private HeadStart(
      ImageStart start,
      List<StartLayer> fromTop,
      StartLimits limits,
      FetchPace pace,
      Executor steps) {
    this.layers = List.copyOf(fromTop);
    this.steps = steps;
    this.budget = new StartBudget(limits);
    this.pace = pace;
    this.tree = new MergedTree(fromTop, budget);
    this.programs = new StartPrograms(start, tree, budget);
  }

  /**
   * What a head start did.
   *
   * @param files how many files were asked for
   * @param lookUps how many look-ups it took to find them
   */
  public record Walked(int files, long lookUps) {}

  /**
   * Prepares one.
   *
   * @param fromTop the image's layers, the topmost first; they stay the caller's, open until this
   *     is closed
   * @param limits what it may cost
   * @param pace what fetching costs here; learns from this walk
   * @param steps runs the steps, each of which computes or reads from disk and never waits
   */
  public static HeadStart of(
      ImageStart start,
      List<StartLayer> fromTop,
      StartLimits limits,
      FetchPace pace,
      Executor steps) {
    return new HeadStart(start, fromTop, limits, pace, steps);
  }

  /**
   * Fetches, and returns once everything that was found has come or failed, or the time is over.
   *
   * @throws InterruptedException if the thread is interrupted; the walk ends
   */
  public Walked walk() throws InterruptedException {
    var time = budget.limits().time();
    step(() -> follow(programs.first()));
    try {
      working.awaitAdvanceInterruptibly(working.arrive(), time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      log.debug("head start ended after {}", time);
      endFollowing();
    }
    return new Walked(budget.files(), budget.lookUps());
  }

  /**
   * A reader has missed something, which may lead on; returns at once.
   *
   * @param place of the data file of the layer with this slot
   */
  void missed(long slot, long place) {
    lastMiss = System.nanoTime();
    if (!budget.hasEnded() && pending.incrementAndGet() <= MOST_PENDING) {
      step(() -> lead(slot, place));
    } else {
      pending.decrementAndGet();
    }
  }

  private void lead(long slot, long place) throws IOException {
    pending.decrementAndGet();
    for (StartLayer layer : layers) {
      if (layer.slot() == slot && layer.image().inodeCount() <= MOST_NAMED) {
        Optional<String> path = layer.image().pathAt(place);
        if (path.isPresent()) {
          follow(programs.read("/" + path.get(), layer, place));
        }
      }
    }
  }

  /**
   * Returns once nobody has missed anything for a while, or the time is over.
   *
   * @throws InterruptedException if the thread is interrupted
   */
  public void followReaders() throws InterruptedException {
    long end = System.nanoTime() + budget.limits().time().toNanos();
    long left = QUIET.toNanos();
    while (left > 0 && !over.await(left, TimeUnit.NANOSECONDS)) {
      long now = System.nanoTime();
      left = Math.min(end - now, QUIET.toNanos() - (now - lastMiss));
    }
  }

  /** Ends the wait of {@link #followReaders}, and whatever misses would lead to. */
  void endFollowing() {
    budget.end();
    over.countDown();
  }

  /** Nothing more is looked at or asked for. */
  @Override
  public void close() {
    endFollowing();
  }

  /** Has a step run, unless the head start is over. */
  private void step(Step step) {
    working.register();
    try {
      steps.execute(() -> guarded(step));
    } catch (RejectedExecutionException | OutOfMemoryError e) { // Also if there is no thread.
      working.arriveAndDeregister();
    }
  }

  /** Fetches what is worth it, and then what that leads to. */
  private void follow(List<StartWish> wishes) {
    for (StartWish wish : wishes) {
      ImageFile file = wish.part().file();
      boolean isLookedInto = !wish.look().equals(StartWish.Look.NONE);
      boolean isNew = isNew(file, wish.purpose()) || !wish.isOnlyIfSmall();
      if (isNew && ask(part(wish), wish.chance()) && isLookedInto) {
        step(() -> examine(wish, 1));
      }
    }
    queues.values().forEach(StartQueue::send);
  }

  private boolean isNew(ImageFile file, StartWish.Purpose purpose) {
    var key = new Seen(file, purpose);
    if (!seen.add(key)) {
      return false;
    }
    if (budget.takeFile(file.path())) {
      return true;
    }
    seen.remove(key);
    return false;
  }

  private FilePart part(StartWish wish) {
    ImageFile file = wish.part().file();
    boolean isLarge = file.size() > budget.limits().wholeBytes();
    return isLarge && wish.isOnlyIfSmall() ? file.part(0, 1) : wish.part();
  }

  /**
   * Has a part fetched that is not here yet.
   *
   * @return false if that is not worth it
   */
  private boolean ask(FilePart part, double chance) {
    if (part.isHere() || isAsked(part)) {
      return true;
    }
    long cost = part.blobBytes();
    if (!pace.isWorth(chance, cost) || !budget.takeBlobBytes(cost)) {
      return false;
    }
    asked.computeIfAbsent(part.file(), _ -> new CopyOnWriteArrayList<>()).add(part);
    queue(part.file().layer()).add(part, chance);
    return true;
  }

  private boolean isAsked(FilePart part) {
    return asked.getOrDefault(part.file(), List.of()).stream()
        .anyMatch(
            other ->
                other.at() <= part.at()
                    && part.at() + part.length() <= other.at() + other.length());
  }

  private StartQueue queue(StartLayer of) {
    return queues.computeIfAbsent(of, layer -> new StartQueue(layer, pace, this::track));
  }

  /**
   * Looks into a file.
   *
   * @param beginning how often this was begun, with this time
   */
  private void examine(StartWish wish, int beginning) throws IOException {
    try {
      follow(wish.look().at(wish.part().file()));
    } catch (NotArrivedException e) {
      if (beginning < MOST_BEGINNINGS && !budget.hasEnded()) {
        await(e.parts(), wish, beginning);
      }
    }
  }

  /** Has parts fetched that a look wants, and goes on with it then. */
  private void await(List<FilePart> parts, StartWish wish, int beginning) {
    for (FilePart part : parts) {
      if (!ask(part, wish.chance())) {
        return;
      }
    }
    queues.values().forEach(StartQueue::send);
    var arrived =
        parts.stream()
            .map(part -> part.file().layer().whenPresent(part.extent()))
            .toArray(CompletableFuture[]::new);
    track(
        CompletableFuture.allOf(arrived).orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS),
        () -> examine(wish, beginning + 1));
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
