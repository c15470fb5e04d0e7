/**
 * The lazy layer formats, read and written. Knows no network, and no disk but for indexes under
 * construction.
 */
module dev.lazuli.estargz {
  requires transitive dev.lazuli.digest;
  requires com.github.luben.zstd_jni;
  requires static transitive com.google.errorprone.annotations;
  requires static transitive org.jspecify;

  exports dev.lazuli.estargz;
  exports dev.lazuli.estargz.build;
  exports dev.lazuli.estargz.checkpoint;
  exports dev.lazuli.estargz.compare;
  exports dev.lazuli.estargz.footer;
  exports dev.lazuli.estargz.index;
  exports dev.lazuli.estargz.read;
  exports dev.lazuli.estargz.tar;
  exports dev.lazuli.estargz.toc;
  exports dev.lazuli.estargz.ztoc;
}
