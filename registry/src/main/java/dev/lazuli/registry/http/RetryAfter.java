package dev.lazuli.registry.http;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** The Retry-After header (RFC 9110, 10.2.3): seconds, or a date. */
public final class RetryAfter {
  private static final Duration LIMIT = Duration.ofHours(1);

  private RetryAfter() {}

  /** Returns the wait, zero if there is none or it is malformed, one hour at most. */
  public static Duration parse(@Nullable String text) {
    if (text == null || text.isBlank()) {
      return Duration.ZERO;
    }
    String value = text.strip();
    Duration wait =
        value.chars().allMatch(c -> c >= '0' && c <= '9') ? seconds(value) : date(value);
    if (wait.isNegative()) {
      return Duration.ZERO;
    }
    return wait.compareTo(LIMIT) > 0 ? LIMIT : wait;
  }

  private static Duration seconds(String digits) {
    return digits.length() > 9 ? LIMIT : Duration.ofSeconds(Long.parseLong(digits));
  }

  private static Duration date(String text) {
    try {
      var when = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
      return Duration.between(Instant.now(), when.toInstant());
    } catch (DateTimeParseException e) {
      return Duration.ZERO;
    }
  }
}
