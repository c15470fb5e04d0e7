package dev.lazuli.snapshotter.status;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What is being done about the content that a layer lacks. */
public enum FetchState {
  /** It lacks nothing. */
  COMPLETE,
  /** A reader waits for what is being fetched. */
  DEMAND,
  /** What the image's start needs is being fetched. */
  PREFETCH,
  /** The rest is being fetched. */
  BACKGROUND,
  /** It has no index and is being pulled whole; what is here of it is counted in its blob. */
  PULL,
  /** More is to be fetched: after others, after a pause, or once the registry answers again. */
  WAITING,
  /** Nothing, until somebody reads it. */
  IDLE;

  /** Returns the name that people and JSON see. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
