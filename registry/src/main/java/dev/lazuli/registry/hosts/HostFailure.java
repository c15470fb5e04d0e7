package dev.lazuli.registry.hosts;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.lazuli.registry.http.HttpReply;
import dev.lazuli.registry.http.RetryAfter;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A host answered, but not with what was asked for. */
public final class HostFailure extends IOException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final boolean passing;
  private final Duration retryAfter;

  /** Whether another server said so, to which the host had pointed. */
  private final boolean redirected;

  private HostFailure(
      int status, String reason, boolean passing, Duration retryAfter, boolean redirected) {
    super(reason);
    this.redirected = redirected;
    this.status = status;
    this.passing = passing;
    this.retryAfter = retryAfter;
  }

  /** Makes a failure of a response that came with a good status but makes no sense. */
  public static HostFailure senseless(int status, String reason) {
    return new HostFailure(status, reason, /* passing= */ true, Duration.ZERO, false);
  }

  /** Makes a failure that another attempt at this host cannot fix. */
  public static HostFailure lasting(int status, String reason) {
    return new HostFailure(status, reason, /* passing= */ false, Duration.ZERO, false);
  }

  /** Makes the failure for a response with an error status, and closes the response. */
  public static HostFailure of(HttpReply reply) {
    try (reply) {
      int status = reply.status();
      boolean passing =
          switch (status) {
            case 408, 425, 429, 500, 502, 503, 504 -> true;
            default -> false;
          };
      String reason = ErrorBody.reason(reply);
      if (reason == null) {
        reason = HttpResponseStatus.valueOf(status).reasonPhrase();
      }
      Duration wait = RetryAfter.parse(reply.headers().get("Retry-After"));
      String other = reply.redirectedTo();
      String all = other == null ? reason : "redirected to " + other + ": " + reason;
      return new HostFailure(status, all, passing, wait, other != null);
    }
  }

  /** Returns the same failure with more words. */
  public HostFailure explained(String words) {
    return new HostFailure(status, getMessage() + "; " + words, passing, retryAfter, redirected)
        .causedBy(getCause());
  }

  /** Returns the HTTP status of the answer, or {@code RegistryException.NO_STATUS}. */
  public int status() {
    return status;
  }

  /** Returns whether the same request may succeed later. */
  public boolean isPassing() {
    return passing;
  }

  /** Returns whether another server answered so, to which the host had pointed. */
  boolean isRedirected() {
    return redirected;
  }

  /** Returns how long the host asks to wait; zero where it does not say. */
  Duration retryAfter() {
    return retryAfter;
  }

  /** Sets what led to this failure; null changes nothing. */
  @CanIgnoreReturnValue
  public HostFailure causedBy(@Nullable Throwable cause) {
    if (cause != null) {
      initCause(cause);
    }
    return this;
  }
}
