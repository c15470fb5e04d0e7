package dev.lazuli.cache;

/** The files of a layer's directory. */
final class StoredFiles {
  static final String META = "meta.erofs";
  static final String DATA = "data";
  static final String CHUNKS = "chunks";
  static final String STARTS = "starts";
  static final String SPANS = "spans";
  static final String DIGESTS = "digests";
  static final String PRESENT = "present";
  static final String RECORD = "layer.json";

  private StoredFiles() {}
}
