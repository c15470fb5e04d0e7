package dev.lazuli.snapshotter.start;

import java.time.Duration;

/**
 * What one image may ask of its head start. Whatever a configuration or a file says, it is cut off
 * here before any work is done for it: what is beyond is fetched when the container reads it.
 *
 * @param blobBytes most bytes of blobs to fetch; 0 for no head start at all
 * @param time when the walk ends, whatever is still missing
 * @param layers most layers to look into, from the top
 * @param files most files to fetch and look into; more than programs read before their first output
 * @param lookUps most steps through directories, counted for each layer that has the directory, and
 *     entries of directories listed
 * @param textBytes most memory for paths and names that are kept during the walk, in bytes
 * @param pathBytes longest path; Linux allows 4096 with its end
 * @param words most words of the entrypoint, and of the command
 * @param directories most entries of {@code PATH}, of {@code LD_LIBRARY_PATH}, and of one file's
 *     {@code DT_RPATH} and {@code DT_RUNPATH}
 * @param searchedBytes most bytes of the entries of one file's {@code DT_RPATH} and {@code
 *     DT_RUNPATH} together, {@code $ORIGIN} replaced
 * @param needed most libraries that one file names
 * @param libraries most libraries to look for
 * @param wholeBytes largest file to fetch whole; of larger ones only the parts that are known to be
 *     read
 * @param scriptBytes largest script or module to look into for what it starts or imports
 * @param imports most imports that one file names
 * @param modules most modules to look for
 */
public record StartLimits(
    long blobBytes,
    Duration time,
    int layers,
    int files,
    long lookUps,
    long textBytes,
    int pathBytes,
    int words,
    int directories,
    int searchedBytes,
    int needed,
    int libraries,
    long wholeBytes,
    int scriptBytes,
    int imports,
    int modules) {
  /**
   * The limits used unless configured otherwise. A start of CPython or the JVM in an image of ten
   * layers takes a few thousand look-ups and some 100 files; one that imports pandas, 100,000 and
   * 1000 files.
   */
  public static final StartLimits DEFAULT =
      new StartLimits(
          96L << 20,
          Duration.ofMinutes(2),
          256,
          4096,
          500_000,
          2 << 20,
          4095,
          64,
          64,
          16 << 10,
          256,
          2048,
          8L << 20,
          1 << 20,
          1024,
          8192);

  /** Checks that nothing is negative. */
  public StartLimits {
    if (blobBytes < 0
        || time.isNegative()
        || lookUps < 0
        || textBytes < 0
        || wholeBytes < 0
        || Math.min(scriptBytes, Math.min(imports, modules)) < 0
        || Math.min(Math.min(files, pathBytes), Math.min(words, directories)) < 0
        || layers < 0
        || Math.min(searchedBytes, Math.min(needed, libraries)) < 0) {
      throw new IllegalArgumentException("a limit of head starts is negative");
    }
  }

  /** Returns these limits with another number of bytes of blobs. */
  public StartLimits withBlobBytes(long bytes) {
    return new StartLimits(
        bytes,
        time,
        layers,
        files,
        lookUps,
        textBytes,
        pathBytes,
        words,
        directories,
        searchedBytes,
        needed,
        libraries,
        wholeBytes,
        scriptBytes,
        imports,
        modules);
  }
}
