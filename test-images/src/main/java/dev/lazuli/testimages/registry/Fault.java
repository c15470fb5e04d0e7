package dev.lazuli.testimages.registry;

import java.time.Duration;
import java.util.Map;

/** One way in which a registry, or something on the way to it, can misbehave. */
public sealed interface Fault {
  /** Closes the connection instead of answering. */
  record NoAnswer() implements Fault {}

  /**
   * Resets the connection (RST) after at most this many bytes of the body; what the client has not
   * yet read of them may be lost with it.
   */
  record Reset(long afterBodyBytes) implements Fault {}

  /** Announces the whole body, sends this many bytes of it and closes the connection. */
  record ShortBody(long bodyBytes) implements Fault {}

  /**
   * Inverts the blob's bytes from {@code offset} on, wherever an answer holds them. Lengths and
   * headers stay right.
   *
   * @param offset first wrong byte, counted from the blob's beginning
   * @param length number of wrong bytes
   */
  record WrongBytes(long offset, long length) implements Fault {}

  /**
   * Answers with this status instead of the right one.
   *
   * @param headers in addition to the usual ones, such as {@code Retry-After}
   */
  record Answer(int status, Map<String, String> headers) implements Fault {
    /** Copies the headers. */
    public Answer {
      headers = Map.copyOf(headers);
    }
  }

  /** Sends the whole blob with status 200, whatever range was asked for. */
  record IgnoreRange() implements Fault {}

  /** Answers 400 if more than one range is asked for. */
  record RefuseMultiRange() implements Fault {}

  /** Sends this many bytes of the body, then nothing for a while, then the rest. */
  record Stall(long afterBodyBytes, Duration duration) implements Fault {}

  /** Lets this much time pass before the status line. */
  record SlowHeaders(Duration delay) implements Fault {}

  /** Returns an answer without further headers. */
  static Fault status(int status) {
    return new Answer(status, Map.of());
  }

  /** Returns an answer 429 that asks to come back after some seconds. */
  static Fault tooManyRequests(int retryAfterSeconds) {
    return new Answer(429, Map.of("Retry-After", Integer.toString(retryAfterSeconds)));
  }
}
