package dev.lazuli.estargz.compare;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.estargz.ForeignText;
import dev.lazuli.estargz.read.ChunkTableView;
import dev.lazuli.estargz.toc.FileType;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Walks what a tar unpacks to and what its layer shows side by side. Both were settled by the same
 * rules, so repeated entries, hard links, whiteouts, missing parents and links among directories
 * need no care here: only what is left of them is compared.
 *
 * <p>These do not count as differences:
 *
 * <ul>
 *   <li>times rounded to a second, up or down: stargz's own converter rounds them in its table;
 *   <li>the attributes of the root, which unpacking leaves alone.
 * </ul>
 *
 * <p>For one thread.
 */
final class TreeComparison implements AutoCloseable {

  private final LayerIndex tar;
  private final ShownTree shown;
  private final InodeComparison inodes;
  private final ContentComparison content;

  /** The shown file of each of the tar's inodes. */
  private final OffHeapPlaces files;

  /**
   * Compares two trees, which stay the caller's.
   *
   * @param chunks the chunks of what is shown
   * @param places where in the tar each of them was found
   * @param share pays for what the walk has to remember
   * @throws IOException if the share has too little left
   */
  TreeComparison(
      LayerIndex tar,
      ShownTree shown,
      ChunkTableView chunks,
      OffHeapPlaces places,
      IndexMemory.Share share)
      throws IOException {
    this.tar = tar;
    this.shown = shown;
    inodes = new InodeComparison(tar, shown);
    content = new ContentComparison(tar, shown, chunks, places);
    files = new OffHeapPlaces(tar.inodeCount(), share);
  }

  /** Returns the first difference, with its path. */
  Optional<String> difference() throws IOException {
    files.set(0, shown.root());
    for (int inode = 0; inode < tar.inodeCount(); inode++) {
      var file = files.get(inode);
      var found = inode == 0 ? inodes.ofRoot(file) : inodes.of(inode, file);
      if (found.isEmpty()) {
        found = content.of(inode, file);
      }
      if (found.isPresent()) {
        return Optional.of(at(tar.path(inode), found.get()));
      }
      // Inodes are numbered breadth first: a directory gives its children their files in time.
      if (FileType.of(tar.mode(inode)) == FileType.DIRECTORY) {
        found = names(inode, file);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return content.unusedChunks();
  }

  /** Compares the names in a directory, and what is a hard link of what. */
  private Optional<String> names(int directory, long file) throws IOException {
    var walk =
        new Object() {
          Optional<String> found = Optional.empty();
          int names;
        };
    shown.forEachChild(
        file,
        (name, child) -> {
          walk.names++;
          if (walk.found.isEmpty()) {
            walk.found = name(directory, name, child);
          }
        });
    if (walk.found.isEmpty() && walk.names < tar.childCount(directory)) {
      return lacking(directory, file);
    }
    return walk.found;
  }

  private Optional<String> name(int directory, MemorySegment name, long file) {
    int place = place(directory, name);
    if (place < 0) {
      return Optional.of(at(path(directory, name), "is shown, but not in its tar"));
    }
    int inode = tar.child(directory, place);
    var known = files.get(inode);
    if (known == OffHeapPlaces.UNKNOWN) {
      files.set(inode, file);
    } else if (known != file) {
      return Optional.of(at(path(directory, name), "is shown as a file of its own, not as a link"));
    }
    return Optional.empty();
  }

  /** Returns the place of a name among those that the tar has in a directory, or -1. */
  private int place(int directory, MemorySegment name) {
    int low = 0;
    int high = tar.childCount(directory) - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = compare(tar.childName(directory, middle), name);
      if (order == 0) {
        return middle;
      }
      low = order < 0 ? middle + 1 : low;
      high = order < 0 ? high : middle - 1;
    }
    return -1;
  }

  private static int compare(MemorySegment a, MemorySegment b) {
    var at = a.mismatch(b);
    if (at < 0 || at == a.byteSize() || at == b.byteSize()) {
      return Long.compare(a.byteSize(), b.byteSize());
    }
    return Byte.compareUnsigned(a.get(JAVA_BYTE, at), b.get(JAVA_BYTE, at));
  }

  private Optional<String> lacking(int directory, long file) throws IOException {
    for (int i = 0; i < tar.childCount(directory); i++) {
      var name = tar.childName(directory, i);
      if (shown.child(file, name) == ShownTree.ABSENT) {
        return Optional.of(at(path(directory, name), "is in its tar, but not shown"));
      }
    }
    return Optional.of(at(tar.path(directory), "shows a name twice"));
  }

  private String path(int directory, MemorySegment name) {
    var own = UTF_8.decode(name.asByteBuffer()).toString();
    return directory == 0 ? own : tar.path(directory) + "/" + own;
  }

  private static String at(String path, String what) {
    return "/" + ForeignText.shown(path) + " " + what;
  }

  @Override
  public void close() {
    files.close();
  }
}
