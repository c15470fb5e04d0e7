package dev.lazuli.snapshotter.containerd;

import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;

/** A call that containerd refused, or that did not reach it. */
public final class ContainerdException extends IOException {
  private static final long serialVersionUID = 1L;

  private final Status.Code code;

  ContainerdException(String action, StatusException cause) {
    super(action + ": " + describe(cause.getStatus()), cause);
    this.code = cause.getStatus().getCode();
  }

  private static String describe(Status status) {
    var description = status.getDescription();
    if (status.getCode() == Status.Code.UNAVAILABLE) {
      return root(status)
          + " (--containerd SOCKET or $CONTAINERD_ADDRESS says where it is; only root may ask it)";
    }
    return "containerd says " + status.getCode() + (description == null ? "" : ", " + description);
  }

  /** gRPC itself says no more than "io exception". */
  private static String root(Status status) {
    Throwable cause = status.getCause();
    while (cause != null && cause.getCause() != null) {
      cause = cause.getCause();
    }
    var message = cause == null ? null : cause.getMessage();
    var description = status.getDescription();
    return message != null ? message : description != null ? description : "no answer";
  }

  /** Returns gRPC's code for why it failed. */
  public Status.Code code() {
    return code;
  }
}
