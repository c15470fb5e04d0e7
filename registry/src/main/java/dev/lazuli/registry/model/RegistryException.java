package dev.lazuli.registry.model;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A registry, or the way to it, did not give what was asked for. The message reads: action of
 * object from host: status (reason).
 */
public final class RegistryException extends IOException {
  private static final long serialVersionUID = 1L;

  /** The status of a request that got no response. */
  public static final int NO_STATUS = 0;

  private final String action;
  private final String object;
  private final String host;
  private final int status;
  private final String reason;
  private final boolean ofAnotherServer;

  /**
   * Makes an error with its facts.
   *
   * @param action what was done, for example {@code read}
   * @param object to what, for example a digest and a range
   * @param host the server, with its port
   * @param status the HTTP status, or {@link #NO_STATUS}
   * @param reason why it failed, in few words
   */
  public RegistryException(
      String action,
      String object,
      String host,
      int status,
      String reason,
      @Nullable Throwable cause) {
    super(
        action
            + " of "
            + object
            + " from "
            + host
            + ": "
            + (status == NO_STATUS ? reason : "status " + status + " (" + reason + ")"),
        cause);
    this.action = action;
    this.object = object;
    this.host = host;
    this.status = status;
    this.reason = reason;
    this.ofAnotherServer = false;
  }

  private RegistryException(RegistryException main, String others, boolean ofAnotherServer) {
    super(main.getMessage() + others, main.getCause());
    this.ofAnotherServer = ofAnotherServer;
    this.action = main.action;
    this.object = main.object;
    this.host = main.host;
    this.status = main.status;
    this.reason = main.reason;
  }

  /**
   * Returns this error with those of the hosts that were asked before, which its message then names
   * with their reasons, and which are its suppressed exceptions.
   */
  public RegistryException after(List<RegistryException> others) {
    var words = new StringBuilder();
    for (var other : others) {
      words.append("; from ").append(other.host).append(": ").append(other.answer());
    }
    var all = new RegistryException(this, words.toString(), ofAnotherServer);
    others.forEach(all::addSuppressed);
    return all;
  }

  /** Returns this error as one of a server to which the registry had pointed, without others. */
  public RegistryException ofAnotherServer() {
    return new RegistryException(this, "", /* ofAnotherServer= */ true);
  }

  private String answer() {
    return status == NO_STATUS ? reason : "status " + status + " (" + reason + ")";
  }

  /** Returns what was done, for example {@code read}. */
  public String action() {
    return action;
  }

  /** Returns to what it was done: a reference, or a digest and a range. */
  public String object() {
    return object;
  }

  /** Returns the server, with its port. */
  public String host() {
    return host;
  }

  /** Returns the HTTP status, or {@link #NO_STATUS} where there was no response. */
  public int status() {
    return status;
  }

  /** Returns why it failed, in few words. */
  public String reason() {
    return reason;
  }

  /** Returns whether the registry says that the object does not exist. */
  public boolean isNotFound() {
    return status == 404;
  }

  /**
   * Returns whether the registry refused because credentials are missing or wrong. A server that it
   * points to, such as object storage, is asked without credentials: that one's refusal is none.
   */
  public boolean isUnauthorized() {
    return !ofAnotherServer && (status == 401 || status == 403);
  }
}
