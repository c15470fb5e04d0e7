package dev.lazuli.snapshotter.doctor;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The first two numbers of a version, such as 2.1 of {@code v2.1.4-rc.1}.
 *
 * @param major what changes when old users no longer work
 * @param minor what changes when something new is there
 */
record VersionNumber(int major, int minor) {
  private static final Pattern FORM = Pattern.compile("v?(\\d{1,6})\\.(\\d{1,6})([^0-9].*)?");

  /** Returns the number; empty if there is none, as in a build that is named after its commit. */
  static Optional<VersionNumber> parse(String text) {
    var numbers = FORM.matcher(text);
    return numbers.matches()
        ? Optional.of(
            new VersionNumber(
                Integer.parseInt(numbers.group(1)), Integer.parseInt(numbers.group(2))))
        : Optional.empty();
  }

  boolean isBefore(int otherMajor, int otherMinor) {
    return major < otherMajor || (major == otherMajor && minor < otherMinor);
  }
}
