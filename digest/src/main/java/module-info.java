/** What every other module names content by. */
module dev.lazuli.digest {
  requires static transitive org.jspecify;

  exports dev.lazuli.digest;
}
