package dev.lazuli.bridge.fuse;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the next process must know about a kept connection. All of it is in the name that the
 * descriptor is kept by, because no other place is certain to survive: {@code
 * lazuli-fuse.<volume>.<minor>.<flags>.<maxReadBytes>}, flags in hexadecimal.
 */
record KeptConnection(String volume, Negotiated negotiated) {
  private static final String PREFIX = "lazuli-fuse.";
  private static final Pattern NAME =
      Pattern.compile("lazuli-fuse\\.([a-z]+)\\.(\\d{1,5})\\.([0-9a-f]{1,16})\\.(\\d{1,9})");

  /** Returns whether a name is one of ours, though perhaps of another version. */
  static boolean isKept(String name) {
    return name.startsWith(PREFIX);
  }

  /** Returns what the name says; empty if the name was written by an incompatible version. */
  static Optional<KeptConnection> parse(String name) {
    var matcher = NAME.matcher(name);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    var negotiated =
        new Negotiated(
            Integer.parseInt(matcher.group(2)),
            Long.parseUnsignedLong(matcher.group(3), 16),
            Integer.parseInt(matcher.group(4)));
    return Optional.of(new KeptConnection(matcher.group(1), negotiated));
  }

  String name() {
    return "%s%s.%d.%x.%d"
        .formatted(
            PREFIX, volume, negotiated.minor(), negotiated.flags(), negotiated.maxReadBytes());
  }
}
