package dev.lazuli.snapshotter.fetch;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.estargz.BlobRanges;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ByteRange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The blob of a layer that several images may use, from the registries of all of them. The one that
 * was good last is asked. Where it does not answer, does not send a range to its end, or has sent
 * wrong bytes, the next one takes its place. So an image whose registry fails costs the other
 * images no more than a try. Safe for use by several threads.
 */
public final class SharedBlob implements BlobSource {
  private static final Logger log = LoggerFactory.getLogger(SharedBlob.class);

  /** More ranges than are under way. */
  private static final int MOST_REMEMBERED = 1024;

  /** Gives the blob as one image's registry has it. */
  @FunctionalInterface
  public interface Registries {
    /**
     * Contacts nobody yet.
     *
     * @throws IOException if the reference is malformed
     */
    BlobSource blob(String reference) throws IOException;
  }

  @FunctionalInterface
  private interface Question<T> {
    T ask(BlobSource blob) throws IOException;
  }

  private final Registries registries;
  private final Supplier<List<String>> references;
  private final BlobSource first;

  /** Who was asked last for which range, by its first byte. */
  private final Cache<Long, String> senders =
      Caffeine.newBuilder().maximumSize(MOST_REMEMBERED).build();

  @GuardedBy("this")
  private final Map<String, BlobSource> blobs = new HashMap<>();

  @GuardedBy("this")
  private String current;

  /**
   * Makes a blob.
   *
   * @param reference the image whose registry is asked first
   * @param references all images that use the layer, one for each repository; may change
   */
  public SharedBlob(Registries registries, String reference, Supplier<List<String>> references)
      throws IOException {
    this.registries = registries;
    this.references = references;
    this.current = reference;
    this.first = registries.blob(reference);
    blobs.put(reference, first);
  }

  /**
   * Returns the blob as each image's registry has it, from the one on that was good last.
   *
   * @throws IOException if a reference is malformed
   */
  public List<BlobSource> each() throws IOException {
    String from;
    synchronized (this) {
      from = current;
    }
    var each = new ArrayList<BlobSource>();
    each.add(blob(from));
    for (var other : others(from)) {
      each.add(blob(other));
    }
    return each;
  }

  @Override
  public long size() throws IOException {
    return first.size();
  }

  /** Returns that of the first registry: what is counted for an origin stays with it. */
  @Override
  public String origin() {
    return first.origin();
  }

  @Override
  public BlobStream open(long offset, long length) throws IOException {
    return ask(List.of(offset), blob -> blob.open(offset, length));
  }

  @Override
  public boolean acceptsRanges() throws IOException {
    return ask(List.of(), BlobSource::acceptsRanges);
  }

  @Override
  public int rangesAtOnce() {
    return currentBlob().rangesAtOnce();
  }

  @Override
  public BlobRanges open(List<ByteRange> ranges) throws IOException {
    if (ranges.size() == 1 || rangesAtOnce() == 1) {
      return BlobSource.super.open(ranges);
    }
    return ask(ranges.stream().map(ByteRange::offset).toList(), blob -> blob.open(ranges));
  }

  @Override
  public void wrongBytes(long offset, long length) {
    leaveSender(offset).ifPresent(sender -> sender.wrongBytes(offset, length));
  }

  @Override
  public void brokeOff(long offset, long length) {
    leaveSender(offset).ifPresent(sender -> sender.brokeOff(offset, length));
  }

  /**
   * Lets the next registry take the place of the one that was asked for a range, unless it has been
   * left already: however many of its ranges fail at once, it is left once.
   *
   * @return the blob as the registry has it that was asked; empty if it is no longer among them
   */
  private synchronized Optional<BlobSource> leaveSender(long offset) {
    var sender = senders.getIfPresent(offset);
    if (sender == null) {
      return Optional.empty();
    }
    if (sender.equals(current)) {
      var others = others(current);
      current = others.isEmpty() ? current : others.getFirst();
    }
    return Optional.ofNullable(blobs.get(sender));
  }

  /** Asks the current registry, and where it fails each other one, once. */
  private <T> T ask(List<Long> offsets, Question<T> question) throws IOException {
    String asked;
    synchronized (this) {
      asked = current;
    }
    try {
      return ask(asked, offsets, question);
    } catch (IOException e) {
      for (var other : others(asked)) {
        if (Thread.currentThread().isInterrupted()) {
          break; // Nobody waits any more.
        }
        try {
          T answer = ask(other, offsets, question);
          log.warn("{} failed, {} has it: {}", asked, other, e.getMessage());
          replace(asked, other);
          return answer;
        } catch (IOException alsoFailed) {
          e.addSuppressed(alsoFailed);
        }
      }
      throw e;
    }
  }

  private <T> T ask(String reference, List<Long> offsets, Question<T> question) throws IOException {
    var asked = blob(reference);
    for (long offset : offsets) {
      senders.put(offset, reference); // Before it answers: it may be left because it does not.
    }
    return question.ask(asked);
  }

  private synchronized void replace(String failed, String good) {
    if (current.equals(failed)) {
      current = good;
    }
  }

  /**
   * Returns all other images, from the one after this on, but one of each registry before a second
   * of any: one registry with many repositories keeps nobody from another.
   */
  private List<String> others(String reference) {
    var all = references.get();
    int at = all.indexOf(reference);
    var others = new ArrayList<>(all.subList(at + 1, all.size()));
    others.addAll(all.subList(0, Math.max(at, 0)));
    var turns = new HashMap<String, Integer>();
    turns.put(registryOf(reference), 1);
    var byTurn = new TreeMap<Integer, List<String>>();
    for (var other : others) {
      int turn = turns.merge(registryOf(other), 1, Integer::sum);
      byTurn.computeIfAbsent(turn, _ -> new ArrayList<>()).add(other);
    }
    return byTurn.values().stream().flatMap(List::stream).toList();
  }

  private static String registryOf(String reference) {
    int end = reference.indexOf('/');
    return end < 0 ? reference : reference.substring(0, end);
  }

  private synchronized BlobSource blob(String reference) throws IOException {
    var known = blobs.get(reference);
    if (known == null) {
      known = registries.blob(reference);
      blobs.keySet().retainAll(references.get()); // Others are no longer asked.
      blobs.put(reference, known);
    }
    return known;
  }

  private synchronized BlobSource currentBlob() {
    return blobs.getOrDefault(current, first);
  }

  @Override
  public String toString() {
    return currentBlob().toString();
  }
}
