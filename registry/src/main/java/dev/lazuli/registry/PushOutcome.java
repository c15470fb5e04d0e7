package dev.lazuli.registry;

/** How a blob came to be in the repository that it was pushed to. */
public enum PushOutcome {
  /** It was there already. */
  PRESENT,
  /** The registry took it from another of its repositories. */
  MOUNTED,
  /** It was uploaded. */
  UPLOADED
}
