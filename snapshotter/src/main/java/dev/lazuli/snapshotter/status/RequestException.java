package dev.lazuli.snapshotter.status;

/** A request that is not served; the message is the answer's body. */
public final class RequestException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why; the values are HTTP's. */
  public enum Reason {
    /** The request is invalid. */
    BAD_REQUEST("400 Bad Request"),
    /** Only who says who they are gets an answer; the message is the challenge. */
    UNAUTHORIZED("401 Unauthorized"),
    /** There is nothing of this name. */
    NOT_FOUND("404 Not Found"),
    /** The path is known, but not for this method. */
    METHOD_NOT_ALLOWED("405 Method Not Allowed"),
    /** Several things have this name, or the thing is not in a state for this. */
    CONFLICT("409 Conflict"),
    /** It was tried and did not work. */
    FAILED("500 Internal Server Error"),
    /** Not now. */
    UNAVAILABLE("503 Service Unavailable");

    private final String line;

    Reason(String line) {
      this.line = line;
    }

    /** Returns number and words, as they follow the version in an answer. */
    String line() {
      return line;
    }
  }

  private final Reason reason;

  /** Makes a refusal whose message a person can act upon. */
  public RequestException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** Returns why. */
  public Reason reason() {
    return reason;
  }
}
