package dev.lazuli.snapshotter.share;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.index.IndexFacts;
import dev.lazuli.estargz.index.IndexRecorder;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.Text;
import dev.lazuli.snapshotter.bulk.PullRecording;
import dev.lazuli.snapshotter.knowledge.IndexPublisher;
import dev.lazuli.snapshotter.knowledge.IndexThread;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pushes indexes of layers that this node has pulled whole to a side repository, so that the next
 * node's first pull is lazy. Each layer's is pushed once, some time after the pull, and only once
 * digest and DiffID were right. What cannot be pushed is counted and tried again a few times; a
 * daemon that ends forgets what it has not pushed, and the next node that pulls the layer makes up
 * for it. Thread-safe.
 */
public final class SidePublisher implements IndexPublisher, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SidePublisher.class);

  /** Layers that were pushed, as they are known here: 200 bytes each. */
  private static final int MOST_KNOWN = 4096;

  /** Within one turn of an image, if other nodes publish the same image's at the same time. */
  private static final int MOST_TRIES = 3;

  /** Indexes that wait for being written to a file. */
  private static final int MOST_UNWRITTEN = 16;

  /**
   * What is published, and when.
   *
   * @param mayPublish whether indexes of an image's layers may go to the repository
   * @param delay how long after a pull at most
   * @param spareBytes how much disk space may be used that no client waits for
   * @param scratch directory on a disk for indexes that grow
   */
  public record Rules(
      Predicate<String> mayPublish, Duration delay, LongSupplier spareBytes, Path scratch) {}

  /** What came of it so far. */
  public record PublishCounts(long indexes, long failures) {
    /** Nothing was published yet. */
    public static final PublishCounts NONE = new PublishCounts(0, 0);
  }

  private final Rules rules;
  private final SideRepository side;
  private final HeldIndexes held = new HeldIndexes();

  /** By layer, what this node has pushed. */
  private final Cache<Digest, Descriptor> pushed =
      Caffeine.newBuilder().maximumSize(MOST_KNOWN).build();

  private final AtomicLong indexes = new AtomicLong();
  private final PublishQueue queue;

  /** Writes one index at a time, in the order of pulls. */
  private final IndexThread files = new IndexThread("lazuli-publish-file", MOST_UNWRITTEN);

  /**
   * Makes a publisher; nothing is contacted yet.
   *
   * @param repository where indexes go; its tag and digest do not matter
   * @param registry stays the caller's, closed after this
   */
  public SidePublisher(ImageReference repository, RegistryClient registry, Rules rules) {
    this(repository, registry, rules, PublishQueue.PAUSE);
  }

  /** As above, with another pause after the first failure. */
  SidePublisher(ImageReference repository, RegistryClient registry, Rules rules, Duration pause) {
    this.rules = rules;
    this.side = new SideRepository(registry, repository);
    this.queue = new PublishQueue(this::publish, rules.delay(), pause);
  }

  @Override
  @SuppressWarnings("MustBeClosed") // The caller closes it.
  public PullRecording begin(Digest layer, String reference, long blobBytes) {
    boolean isUseless =
        blobBytes < IndexRecorder.LEAST_BLOB_BYTES
            || !rules.mayPublish().test(reference)
            || isKnown(layer)
            || rules.spareBytes().getAsLong() < IndexFacts.MOST_BYTES;
    if (isUseless) {
      return PullRecording.NONE;
    }
    try {
      return new RecordedIndex(layer, blobBytes, new IndexRecorder(rules.scratch()), this::take);
    } catch (IOException e) {
      log.warn("layer {}: no index of it is published: {}", layer, e.toString());
      return PullRecording.NONE;
    }
  }

  private boolean isKnown(Digest layer) {
    return held.find(layer).isPresent() || pushed.getIfPresent(layer) != null;
  }

  private void take(RecordedIndex.Whole whole) {
    files.run(
        () -> write(whole),
        () -> {
          log.debug("layer {}: its index is not published: it cannot be written", whole.layer());
          RecordedIndex.close(whole.recorder(), whole.layer());
        });
  }

  private void write(RecordedIndex.Whole whole) {
    Path file = null;
    boolean isHeld = false;
    try (var recorder = whole.recorder()) {
      file = Files.createTempFile(rules.scratch(), "publish-", ".index");
      var outcome =
          ImageIndexing.finish(
              recorder, whole.layer(), whole.blobBytes(), whole.compression(), file);
      isHeld =
          outcome instanceof ImageIndexing.Outcome.Made(var index, var made)
              && held.add(whole.layer(), new HeldIndexes.HeldIndex(index, made));
      log.debug("layer {}: index to publish: {}", whole.layer(), outcome);
    } catch (IOException | RuntimeException e) {
      log.warn("layer {}: no index of it is published: {}", whole.layer(), e.toString());
    } finally {
      if (!isHeld && file != null) {
        delete(file);
      }
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      log.warn("{} stays until the next start: {}", file, e.toString());
    }
  }

  @Override
  public void confirmed(String reference, Optional<Digest> manifest, Digest layer) {
    try {
      if (!rules.mayPublish().test(reference)) {
        return;
      }
      var image = ImageReference.parse(reference);
      var digest = manifest.orElse(image.digest());
      if (digest != null) {
        // Behind the index itself, which may be about to be written.
        files.run(
            () -> want(image.withDigest(digest), layer),
            () -> log.debug("layer {} of {}: no index is published now", layer, reference));
      }
    } catch (IllegalArgumentException e) {
      log.debug("layer {} of {}: no index is published: {}", layer, reference, e.toString());
    }
  }

  private void want(ImageReference image, Digest layer) {
    if (isKnown(layer)) {
      queue.add(image, layer);
    }
  }

  /**
   * Adds what is missing to the artifact of an image. Registries replace an artifact whatever it
   * was, so another node that does the same at the same time may undo it: what is there afterwards
   * decides.
   */
  private void publish(ImageReference image, Set<Digest> layers) throws IOException {
    var listed = side.listed(image);
    var there = side.indexes(listed.manifest().digest());
    for (int tries = 0; tries < MOST_TRIES; tries++) {
      var all = publish(image, listed, there, layers);
      there = all.equals(there) ? there : side.indexes(listed.manifest().digest());
      if (there.keySet().containsAll(all.keySet())) {
        var known = there;
        layers.forEach(layer -> settle(layer, Optional.ofNullable(known.get(layer))));
        return;
      }
    }
    throw new IOException("other nodes replace it all the time");
  }

  /** Returns what the artifact has then, if nobody else replaces it. */
  private Map<Digest, Descriptor> publish(
      ImageReference image,
      SideRepository.Listed listed,
      Map<Digest, Descriptor> there,
      Set<Digest> layers)
      throws IOException {
    var all = new LinkedHashMap<Digest, Descriptor>();
    int added = 0;
    for (var layer : listed.layers()) {
      if (there.containsKey(layer)) {
        all.put(layer, there.get(layer));
      } else if (layers.contains(layer) && add(layer, all)) {
        added++;
      }
    }
    if (added > 0) {
      publish(image, listed.manifest(), all, layers);
      indexes.addAndGet(added);
      log.info("image {}: {} indexes published in {}", image, added, side.repository().name());
    }
    return all;
  }

  /** What somebody else has made of a layer may be another index: then ours is kept for others. */
  private void settle(Digest layer, Optional<Descriptor> published) {
    held.find(layer)
        .map(HeldIndexes.HeldIndex::index)
        .filter(
            index -> published.map(Descriptor::digest).filter(index.digest()::equals).isPresent())
        .ifPresent(
            index -> {
              pushed.put(layer, index);
              held.remove(layer);
            });
  }

  /** Pushes an index, unless this node has done so for another image. */
  private boolean add(Digest layer, Map<Digest, Descriptor> all) throws IOException {
    var known = pushed.getIfPresent(layer);
    if (known != null) {
      all.put(layer, known);
      return true;
    }
    var index = held.find(layer);
    if (index.isPresent()) {
      side.add(index.get().index(), index.get().file());
      all.put(layer, index.get().index());
    }
    return index.isPresent();
  }

  /** Where a registry has thrown away what was pushed once, it is not taken for granted again. */
  private void publish(
      ImageReference image, Descriptor manifest, Map<Digest, Descriptor> all, Set<Digest> layers)
      throws IOException {
    try {
      side.publish(manifest, all);
    } catch (IOException e) {
      pushed.invalidateAll(layers);
      log.debug("image {}: what was pushed is looked up anew: {}", image, e.toString());
      throw e;
    }
  }

  /** Returns what came of it so far. */
  public PublishCounts counts() {
    return new PublishCounts(indexes.get(), queue.failures());
  }

  /** Returns what an operator should know; empty if the last push has worked. */
  public Optional<String> trouble() {
    return queue
        .lastFailure()
        .map(
            failure ->
                "indexes cannot be published in %s (indexes.publish): %s"
                    .formatted(side.repository().name(), Text.reason(failure)));
  }

  /** Ends at once; what was not pushed is forgotten. */
  @Override
  public void close() {
    queue.close();
    files.close();
    held.close();
  }
}
