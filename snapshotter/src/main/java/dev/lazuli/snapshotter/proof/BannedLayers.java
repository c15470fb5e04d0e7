package dev.lazuli.snapshotter.proof;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.StateFile;
import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has lied on this node, so that it is not mounted lazily again: the newest {@link #MOST},
 * also after a restart. Kept in a text file of one line each: the key, a tab, the reason.
 * Thread-safe.
 */
public final class BannedLayers {
  /** Enough for every image of a node; a file of some hundred kilobytes. */
  static final int MOST = 1000;

  private static final int MOST_FILE_BYTES = 1 << 20;
  private static final int MOST_REASON = 300;
  private static final Logger log = LoggerFactory.getLogger(BannedLayers.class);

  private final StateFile file;

  @GuardedBy("this")
  private final LinkedHashMap<String, String> reasons = new LinkedHashMap<>();

  /**
   * Reads the list; one that cannot be read is begun again, with a warning: whatever was on it will
   * be found out again.
   */
  public BannedLayers(Path file) {
    this.file = new StateFile(file, MOST_FILE_BYTES);
    try {
      read(this.file.read().orElse(""));
    } catch (IOException e) {
      log.warn("{}: starting a new list of layers that lied: {}", file, e.toString());
    }
  }

  private synchronized void read(String text) {
    for (var line : text.lines().toList()) {
      int tab = line.indexOf('\t');
      if (tab > 0) {
        reasons.put(line.substring(0, tab), line.substring(tab + 1));
      }
    }
  }

  /**
   * Returns the key of a layer with its table of contents.
   *
   * @param toc the digest by which the table is known; empty for none
   */
  public static String layer(Digest digest, Optional<Digest> toc) {
    return "layer " + digest + " " + toc.map(Digest::toString).orElse("-");
  }

  /**
   * Returns the key of a layer with its table of contents as one repository has it.
   *
   * @param repository with its registry
   */
  public static String layerOf(String repository, Digest digest, Optional<Digest> toc) {
    return layer(digest, toc) + " " + repository;
  }

  /** Returns the key of a layer that was passed off as a chain ID. */
  public static String chain(String chainId, Digest digest) {
    return "chain " + chainId + " " + digest;
  }

  /** Returns why something is banned; empty if it is not. */
  public synchronized Optional<String> reason(String key) {
    return Optional.ofNullable(reasons.get(key));
  }

  /** Bans something; where that cannot be written it holds until the daemon ends. */
  public synchronized void ban(String key, String reason) {
    var line = reason.replaceAll("\\p{Cntrl}", " ");
    reasons.remove(key);
    reasons.put(key, line.length() > MOST_REASON ? line.substring(0, MOST_REASON) : line);
    if (reasons.size() > MOST) {
      reasons.pollFirstEntry();
    }
    try {
      write();
    } catch (IOException e) {
      log.warn("{}: the list of layers that lied could not be written: {}", file, e.toString());
    }
  }

  @GuardedBy("this")
  private void write() throws IOException {
    var text = new StringBuilder();
    for (var entry : reasons.entrySet()) {
      text.append(entry.getKey()).append('\t').append(entry.getValue()).append('\n');
    }
    file.write(text.toString());
  }
}
