package dev.lazuli.cache;

/** Operations by what they may lack. */
enum DiskOperation {
  CREATE,
  OPEN,
  READ,
  WRITE,
  SYNC,
  PUNCH,
  OTHER
}
