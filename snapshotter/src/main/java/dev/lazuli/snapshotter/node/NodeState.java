package dev.lazuli.snapshotter.node;

/**
 * Where a daemon is in its life. Until {@link #ADOPTED} nothing that an earlier daemon left was
 * touched. Every way out of every state ends in {@link #LEFT}, but for SIGINT's.
 *
 * <pre>
 * CONFIGURED - CHECKED - OPENED - BOUND - ADOPTED - TAKEN_OVER - READY - STOPPING - UNMOUNTED
 *      \          \         \       \        \          \          \         \
 *       +----------+---------+-------+--------+----------+----------+---------+---- LEFT
 * </pre>
 */
public enum NodeState {
  /** The configuration was read. */
  CONFIGURED,

  /** Directories and socket paths can be used, and no other daemon uses the root. */
  CHECKED,

  /** Stored layers and the snapshots' database are open, and locked against other daemons. */
  OPENED,

  /** All sockets and ports are ours; clients that connect wait. */
  BOUND,

  /** The layers that an earlier daemon left mounted are open. */
  ADOPTED,

  /** The FUSE connections are ours, and readers that waited get their answers. */
  TAKEN_OVER,

  /** Calls are served. */
  READY,

  /** A signal to stop has come. */
  STOPPING,

  /** The end: mounts, and readers that wait, are left to the next daemon. */
  LEFT,

  /** The end after SIGINT: nothing is mounted any more. */
  UNMOUNTED
}
