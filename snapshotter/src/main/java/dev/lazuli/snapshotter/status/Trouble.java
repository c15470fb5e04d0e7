package dev.lazuli.snapshotter.status;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Locale;

/**
 * A layer that is not mounted lazily though a client or a snapshot asked for it, or is mounted and
 * not the right one.
 *
 * @param kind what was tried
 * @param layer the layer's digest; empty if the client did not say
 * @param image the image's reference; empty if the client did not say
 * @param snapshot the snapshot that was to be it
 * @param reason why not, in one line
 * @param at when it failed last
 * @param times how often it failed, one time after the other
 */
public record Trouble(
    Kind kind, String layer, String image, String snapshot, String reason, Instant at, int times) {
  /** What was tried. */
  public enum Kind {
    /** A lazy mount for a pull; containerd unpacked the layer itself. */
    MOUNT,
    /** A mount after a restart; it is tried again until it works. */
    RESTORE,

    /**
     * A lazy mount for a pull whose snapshot is there as another layer of another image; containerd
     * unpacked the layer itself.
     */
    CONFLICT,
    /** A lazy mount for a pull that the configuration does not want; containerd unpacked it. */
    POLICY,
    /** A proof: the layer is mounted, but is not what its image says. */
    LIE;

    /** Returns the name that people and JSON see. */
    @JsonValue
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
