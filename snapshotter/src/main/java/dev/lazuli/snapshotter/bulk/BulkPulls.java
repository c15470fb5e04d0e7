package dev.lazuli.snapshotter.bulk;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerInUseException;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.LayerUnpacker;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.registry.model.ImageReference;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All layers that are being pulled whole on this node: each once from a registry, however many ask
 * for it, and no more at a time than configured. Whoever stops waiting ends nothing that another
 * waits for. Thread-safe.
 */
public final class BulkPulls implements AutoCloseable {
  private static final long RELEASE_NANOS = 2_000_000_000L;
  private static final long RELEASE_POLL_MILLIS = 50;

  private final BulkOptions options;
  private final LayerStore store;
  private final LayerUnpacker unpacker;
  private final LayerPull.Parts parts;
  private final BulkListener listener;
  private final PullQueue queue;

  @GuardedBy("this")
  private final Map<Wanted, PullFlight> flights = new HashMap<>();

  @GuardedBy("this")
  private boolean closed;

  /** A layer from one registry: no other has to wait for that, or fails with it. */
  private record Wanted(Digest digest, String registry) {
    static Wanted of(Digest digest, String reference) {
      return new Wanted(digest, ImageReference.registryOf(reference));
    }
  }

  /**
   * Makes what pulls layers.
   *
   * @param store stays the caller's, and is closed after this
   * @param limits what a layer may ask of the node
   * @param trees makes metadata images
   */
  public BulkPulls(
      BulkOptions options,
      LayerStore store,
      Limits limits,
      TreeWriter trees,
      InstantSource clock,
      BulkListener listener) {
    this(options, store, limits, trees, clock, System::nanoTime, listener);
  }

  /** As above, with a clock of the caller's choice. */
  BulkPulls(
      BulkOptions options,
      LayerStore store,
      Limits limits,
      TreeWriter trees,
      InstantSource clock,
      LongSupplier nanoTime,
      BulkListener listener) {
    this.options = options;
    this.store = store;
    this.listener = listener;
    unpacker = new LayerUnpacker(limits, options.spacing());
    var atOnce = Math.min(options.parallel() + 1, BulkOptions.MOST_PARALLEL);
    var indexes = new IndexMemory(limits.indexBytes(), atOnce);
    var blocks = new BlockBudget(options.memoryBytes());
    var pace = new LayerPull.PullClock(nanoTime, this::leastRate);
    parts =
        new LayerPull.Parts(
            store,
            unpacker,
            indexes,
            blocks,
            trees,
            options.ranges(),
            clock,
            pace,
            listener.recorder());
    queue = new PullQueue(options.parallel(), nanoTime, blocks::rest);
  }

  private long leastRate() {
    return queue.leastRate();
  }

  /** Returns how layers are pulled. */
  public BulkOptions options() {
    return options;
  }

  /**
   * Pulls a layer, or joins a pull of it that is under way, or takes the stored one.
   *
   * @param reference the image that wants it
   * @param blob its blob, from that image's registry
   * @param isAwaited whether a client waits for just this layer; those come first, and they alone
   *     may use the disk's reserve
   * @return the layer, complete and proved; nobody removes it before it is closed
   * @throws IOException if it cannot be pulled, or not within the time that the options give;
   *     nothing is left of it
   * @throws InterruptedException if the caller no longer waits; the pull goes on for others
   */
  @MustBeClosed
  public LayerData pull(Digest digest, String reference, BlobSource blob, boolean isAwaited)
      throws IOException, InterruptedException {
    PullFlight flight;
    synchronized (this) {
      if (closed) {
        throw new IOException("the daemon is stopping");
      }
      flight = flights.get(Wanted.of(digest, reference));
      if (flight == null || !flight.join(isAwaited)) {
        flight = begin(digest, reference, blob, isAwaited);
      } else if (isAwaited) {
        queue.hurry(flight);
      }
    }
    return flight.await(isAwaited, options.timeout());
  }

  /** Begins a pull, beside one that was given up and is about to end. */
  @GuardedBy("this")
  private PullFlight begin(Digest digest, String reference, BlobSource blob, boolean isAwaited) {
    var pull = new LayerPull(parts, digest, reference, blob);
    var flight = new PullFlight(digest, reference, pull);
    boolean _ = flight.join(isAwaited);
    flights.put(Wanted.of(digest, reference), flight);
    queue.add(flight, isAwaited, new Turn(this, digest, flight));
    return flight;
  }

  /** One flight's turn, which ends with the flight whatever happens. */
  private record Turn(BulkPulls pulls, Digest digest, PullFlight flight) implements PullQueue.Work {
    @Override
    public void run() {
      LayerData pulled = null;
      IOException failure = null;
      try {
        pulled = pulls.storedOrPulled(digest, flight);
      } catch (IOException e) {
        failure = e;
      } catch (Throwable e) { // Top of the thread: clients wait for an end.
        failure = new IOException("layer " + digest + ": " + e, e);
      }
      end(pulled, failure);
    }

    @Override
    public void refuse(IOException reason) {
      end(null, reason);
    }

    private void end(@Nullable LayerData pulled, @Nullable IOException failure) {
      try {
        if (failure != null) {
          pulls.listener.failed(flight.progress(), failure);
        }
      } finally {
        pulls.forget(digest, flight);
        flight.end(pulled, failure);
      }
    }
  }

  private synchronized void forget(Digest digest, PullFlight flight) {
    flights.remove(Wanted.of(digest, flight.reference()), flight);
  }

  private LayerData storedOrPulled(Digest digest, PullFlight flight) throws IOException {
    var known = stored(digest);
    if (known != null) {
      return known;
    }
    long began = System.nanoTime();
    flight.begin();
    var pulled = flight.pull().run(flight::giveUpUnlessAwaited);
    boolean told = false;
    try {
      listener.pulled(flight.progress(), System.nanoTime() - began);
      listener.stored(pulled);
      told = true;
      return pulled;
    } finally {
      if (!told) {
        pulled.close();
      }
    }
  }

  /** Returns the layer if it is complete; one that is here in part is removed, if it can be. */
  private @Nullable LayerData stored(Digest digest) throws IOException {
    var known = store.find(digest);
    if (known.isEmpty()) {
      return null;
    }
    if (LayerPull.isWhole(known.get().record())) {
      return known.get();
    }
    known.get().close();
    makeRoom(digest);
    return null;
  }

  /** Whoever has just stopped using the layer may hold its files for a moment more. */
  private void makeRoom(Digest digest) throws IOException {
    long end = System.nanoTime() + RELEASE_NANOS;
    while (true) {
      try {
        store.remove(digest);
        return;
      } catch (LayerInUseException e) {
        if (System.nanoTime() - end > 0) {
          throw new IOException("layer " + digest + " is mounted by an index and not complete", e);
        }
        pause();
      }
    }
  }

  private static void pause() throws InterruptedIOException {
    try {
      Thread.sleep(RELEASE_POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while a layer was in use");
    }
  }

  /** Returns how far the pulls are, in no order. */
  public List<BulkProgress> progress() {
    List<PullFlight> all;
    synchronized (this) {
      all = List.copyOf(flights.values());
    }
    return all.stream().map(PullFlight::progress).toList();
  }

  /**
   * Ends all pulls; whoever waits for one gets an error. Waits for them, but not endlessly.
   * Idempotent.
   */
  @Override
  public void close() {
    List<PullFlight> all;
    synchronized (this) {
      closed = true;
      all = new ArrayList<>(flights.values());
    }
    all.forEach(flight -> flight.pull().cancel());
    queue.close();
    all.forEach(flight -> flight.end(null, new IOException("the daemon is stopping")));
    unpacker.close();
  }
}
