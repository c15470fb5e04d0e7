package dev.lazuli.bridge.erofs;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.lazuli.bridge.kernel.FileCalls;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** What programs do to a tree, by system calls without much around them. One thread. */
final class Workloads {
  /** The workloads. */
  enum Kind {
    WALK("walk + stat"),
    SMALL_FILES("small files"),
    RANDOM("random 4K"),
    SEQUENTIAL("sequential");

    final String title;

    Kind(String title) {
      this.title = title;
    }
  }

  private static final int RANDOM_READS = 4000;
  private static final int PIECE = 128 << 10;
  private static final int PAGE = 4096;
  private static final int DIRENT_LENGTH = 16;
  private static final int DIRENT_TYPE = 18;
  private static final int DIRENT_NAME = 19;
  private static final byte DT_DIR = 4;

  private final Arena arena = Arena.ofAuto();
  private final MemorySegment buffer = arena.allocate(PIECE, PAGE);
  private final MemorySegment list = arena.allocate(32 << 10, 8);
  private final MemorySegment stat = arena.allocate(256, 8);
  private final List<MemorySegment> small = new ArrayList<>();
  private final List<MemorySegment> random = new ArrayList<>();
  private final long[] offsets = new long[RANDOM_READS];
  private final MemorySegment big = arena.allocateFrom(BenchTree.BIG);

  Workloads(BenchTree tree) {
    var numbers = new Random(7);
    long total = 0;
    for (var file : tree.files) {
      total += file.size();
      if (file.size() <= BenchTree.SMALL_BYTES) {
        small.add(arena.allocateFrom(file.path()));
      }
    }
    Collections.shuffle(small, numbers);
    for (int i = 0; i < RANDOM_READS; i++) {
      long at = numbers.nextLong(total);
      int file = 0;
      for (; at >= tree.files.get(file).size(); file++) {
        at -= tree.files.get(file).size();
      }
      random.add(arena.allocateFrom(tree.files.get(file).path()));
      offsets[i] = at & -PAGE;
    }
  }

  /** Runs one below a directory; returns the nanoseconds that it took. */
  long run(Kind kind, Path root) throws IOException {
    try (Arena own = Arena.ofConfined()) {
      int directory = FileCalls.open(FileCalls.AT_FDCWD, own.allocateFrom(root.toString()));
      try {
        long start = System.nanoTime();
        switch (kind) {
          case WALK -> walk(directory);
          case SMALL_FILES -> smallFiles(directory);
          case RANDOM -> randomReads(directory);
          case SEQUENTIAL -> readToTheEnd(directory, big);
        }
        return System.nanoTime() - start;
      } finally {
        FileCalls.close(directory);
      }
    }
  }

  private void walk(int root) throws IOException {
    try (Arena own = Arena.ofConfined()) {
      var directories = new ArrayDeque<String>(List.of("."));
      while (!directories.isEmpty()) {
        String path = directories.pop();
        int directory = FileCalls.open(root, own.allocateFrom(path));
        int length;
        while ((length = FileCalls.list(directory, list)) > 0) {
          for (int at = 0; at < length; at += list.get(JAVA_SHORT_UNALIGNED, at + DIRENT_LENGTH)) {
            var name = list.asSlice(at + DIRENT_NAME);
            FileCalls.stat(directory, name, stat);
            boolean dots = name.get(JAVA_BYTE, 0) == '.';
            if (list.get(JAVA_BYTE, at + DIRENT_TYPE) == DT_DIR && !dots) {
              directories.push(path + "/" + name.getString(0));
            }
          }
        }
        FileCalls.close(directory);
      }
    }
  }

  private void smallFiles(int root) throws IOException {
    for (var path : small) {
      readToTheEnd(root, path);
    }
  }

  private void readToTheEnd(int root, MemorySegment path) throws IOException {
    int file = FileCalls.open(root, path);
    long count;
    for (long at = 0; (count = FileCalls.read(file, buffer, PIECE, at)) > 0; at += count) {}
    FileCalls.close(file);
  }

  private void randomReads(int root) throws IOException {
    for (int i = 0; i < RANDOM_READS; i++) {
      int file = FileCalls.open(root, random.get(i));
      FileCalls.adviseRandom(file);
      FileCalls.read(file, buffer, PAGE, offsets[i]);
      FileCalls.close(file);
    }
  }
}
