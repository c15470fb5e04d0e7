package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.FileDescriptor;
import dev.lazuli.bridge.kernel.MountPoints;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a session shows, and where; and what of a former session it can go on with. The last part of
 * a volume's directory is its name.
 */
record SessionVolumes(Path directory, Map<String, Shown> byName) {
  static final String BLOBS = "blobs";
  static final String TREES = "trees";
  private static final Logger log = LoggerFactory.getLogger(SessionVolumes.class);

  record Shown(Path directory, Volume volume) {}

  SessionVolumes {
    byName = Collections.unmodifiableMap(new LinkedHashMap<>(byName));
  }

  static SessionVolumes of(
      Path place,
      BlobHandler blobs,
      @Nullable TreeProvider trees,
      FuseSession.@Nullable StorePlace store) {
    var directory = place.toAbsolutePath();
    var volumes = new LinkedHashMap<String, Shown>();
    volumes.put(BLOBS, new Shown(directory.resolve(BLOBS), new BlobVolume(blobs)));
    if (trees != null) {
      volumes.put(TREES, new Shown(directory.resolve(TREES), new TreeVolume(trees, blobs)));
    }
    if (store != null) {
      var where = store.directory().toAbsolutePath();
      var name = String.valueOf(where.getFileName());
      if (volumes.put(name, new Shown(where, new StoreVolume(store.handler()))) != null) {
        throw new IllegalArgumentException(
            "the store's directory " + where + " must not be called " + name);
      }
    }
    return new SessionVolumes(directory, volumes);
  }

  Collection<Shown> all() {
    return byName.values();
  }

  /** Returns the connections that can be served again, by volume, and closes the others. */
  Map<String, FuseMount.Resumable> takeUsable(Keeper keeper) throws IOException {
    var usable = new HashMap<String, FuseMount.Resumable>();
    taken(keeper)
        .forEach(
            (name, descriptor) -> {
              var connection = KeptConnection.parse(name).orElse(null);
              if (connection != null && isUsable(connection, descriptor)) {
                usable.put(
                    connection.volume(),
                    new FuseMount.Resumable(descriptor, connection.negotiated()));
              } else {
                log.info("the FUSE connection kept as {} can no longer be used", name);
                descriptor.close();
              }
            });
    return usable;
  }

  private boolean isUsable(KeptConnection connection, FileDescriptor descriptor) {
    var shown = byName.get(connection.volume());
    return shown != null
        && FuseMount.isResumable(shown.directory(), descriptor, connection.negotiated());
  }

  private Map<String, FileDescriptor> taken(Keeper keeper) throws IOException {
    try {
      return keeper.take();
    } catch (IOException e) {
      if (MountPoints.read().anyBelow(directory)) {
        // Mounting a new session would fail its readers, who can still be served at the next try.
        throw new IOException(
            "cannot take over the FUSE session at " + directory + ": " + e.getMessage(), e);
      }
      log.warn("cannot take over the FUSE session at {}, mounting a new one", directory, e);
      return Map.of();
    }
  }
}
