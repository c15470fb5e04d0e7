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
    return "containerd says " + status.getCode() + (description == null ? "" : ", " + description);
  }

  /** Returns gRPC's code for why it failed. */
  public Status.Code code() {
    return code;
  }
}
