package dev.lazuli.registry.http;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The Content-Range header of a 206 (RFC 9110, 14.4): {@code bytes 0-99/1234}, or {@code bytes
 * 0-99/*} where the server does not know the whole length.
 *
 * @param first first byte's offset
 * @param last last byte's offset, inclusive
 * @param total the whole length, or -1
 */
public record ContentRange(long first, long last, long total) {
  private static final Pattern FORM =
      Pattern.compile("\\s*(?i:bytes)\\s+([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\\*)\\s*");

  /** Returns the range, empty if the text is not one or contradicts itself. */
  public static Optional<ContentRange> parse(@Nullable String text) {
    Matcher m = FORM.matcher(text == null ? "" : text);
    if (!m.matches()) {
      return Optional.empty();
    }
    long total = m.group(3).equals("*") ? -1 : Long.parseLong(m.group(3));
    var range = new ContentRange(Long.parseLong(m.group(1)), Long.parseLong(m.group(2)), total);
    boolean sensible = range.first <= range.last && (total < 0 || range.last < total);
    return sensible ? Optional.of(range) : Optional.empty();
  }

  /** Returns how many bytes the range has. */
  public long length() {
    return last - first + 1;
  }
}
