package dev.lazuli.snapshotter.start;

import dev.lazuli.bridge.erofs.CorruptImageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/**
 * What OpenJDK from 9 on reads when it starts a program: its libraries and its archive of classes,
 * the index of its modules, and the archives of the class path. Observed with strace and mincore; a
 * name that an image does not have costs nothing.
 */
final class JavaStart {
  private static final List<String> LIBRARIES =
      List.of("libjava.so", "libjimage.so", "libjsvml.so", "libzip.so");

  /** What only programs in archives need, which is nearly all of them. */
  private static final List<String> WITH_ARCHIVES = List.of("libnio.so", "libnet.so");

  /** The header of lib/modules: see {@code imageFile.hpp} of OpenJDK. */
  private static final int MODULES_HEADER_BYTES = 28;

  private static final int MODULES_MAGIC = 0xCAFEDADA;
  private static final int TABLE_LENGTH_AT = 16;
  private static final int LOCATIONS_SIZE_AT = 20;
  private static final int STRINGS_SIZE_AT = 24;

  private final ImageStart start;
  private final MergedTree tree;
  private final BiFunction<ImageFile, Double, StartWish> library;

  /**
   * Makes a reader of one image.
   *
   * @param library makes the wish for a shared library
   */
  JavaStart(ImageStart start, MergedTree tree, BiFunction<ImageFile, Double, StartWish> library) {
    this.start = start;
    this.tree = tree;
    this.library = library;
  }

  /** Returns what the virtual machine reads first. */
  List<StartWish> wishes(Started java) throws CorruptImageException {
    String home = java.file().directory() + "/../lib";
    var wishes = new ArrayList<StartWish>();
    tree.file(home + "/jvm.cfg")
        .ifPresent(file -> wishes.add(StartWish.whole(file, StartWish.SURE)));
    machine(home, wishes);
    for (String name : LIBRARIES) {
      tree.file(home + "/" + name)
          .ifPresent(file -> wishes.add(library.apply(file, StartWish.SURE)));
    }
    tree.file(home + "/modules")
        .ifPresent(
            file ->
                wishes.add(
                    StartWish.whole(
                        file, StartWish.SURE, StartWish.Purpose.ARCHIVE, JavaStart::modules)));
    var archives = archives(java.arguments());
    for (String name : archives.isEmpty() ? List.<String>of() : WITH_ARCHIVES) {
      tree.file(home + "/" + name)
          .ifPresent(file -> wishes.add(library.apply(file, StartWish.LIKELY)));
    }
    for (String path : archives) {
      archive(path, wishes);
    }
    return wishes;
  }

  /** Nearly all pages of the virtual machine and of its archive of classes are read. */
  private void machine(String home, List<StartWish> wishes) throws CorruptImageException {
    for (String name : List.of("/server/libjvm.so", "/server/classes.jsa")) {
      var file = tree.file(home + name);
      if (file.isPresent()) {
        wishes.add(library.apply(file.get(), StartWish.SURE));
        wishes.add(StartWish.all(file.get(), StartWish.SURE));
      }
    }
  }

  /** Of the modules only the index is read for sure: what stands in it, nobody knows before. */
  private static List<StartWish> modules(ImageFile file) throws IOException {
    var head = ByteBuffer.wrap(file.read(0, MODULES_HEADER_BYTES)).order(ByteOrder.nativeOrder());
    if (head.remaining() < MODULES_HEADER_BYTES || head.getInt(0) != MODULES_MAGIC) {
      return List.of();
    }
    long table = Integer.toUnsignedLong(head.getInt(TABLE_LENGTH_AT));
    long index =
        MODULES_HEADER_BYTES
            + 2 * Integer.BYTES * table
            + Integer.toUnsignedLong(head.getInt(LOCATIONS_SIZE_AT))
            + Integer.toUnsignedLong(head.getInt(STRINGS_SIZE_AT));
    return List.of(StartWish.of(file.part(0, index), StartWish.SURE));
  }

  /** Returns the archives that the command line names. */
  private List<String> archives(List<String> arguments) throws CorruptImageException {
    var paths = new ArrayList<String>();
    List<String> classPath = start.classPath();
    for (int i = 0; i + 1 < arguments.size(); i++) {
      switch (arguments.get(i)) {
        case "-jar" -> {
          return List.of(absolute(arguments.get(i + 1), start.workingDirectory()));
        }
        case "-cp", "-classpath", "--class-path", "-p", "--module-path" ->
            classPath = SearchPath.entries(arguments.get(i + 1)).limit(MOST_ENTRIES).toList();
        default -> {}
      }
    }
    for (String entry : classPath) {
      String path = absolute(entry, start.workingDirectory());
      if (path.endsWith("/*")) {
        String directory = path.substring(0, path.length() - 1);
        tree.files(directory).stream()
            .filter(name -> name.endsWith(".jar"))
            .limit(MOST_ENTRIES)
            .forEach(name -> paths.add(directory + name));
      } else if (path.endsWith(".jar")) {
        paths.add(path);
      }
    }
    return paths;
  }

  private static final int MOST_ENTRIES = 1024;

  private static String absolute(String path, String directory) {
    return path.startsWith("/") ? path : directory + "/" + path;
  }

  private void archive(String path, List<StartWish> wishes) throws CorruptImageException {
    tree.file(path)
        .filter(file -> file.name().endsWith(".jar"))
        .ifPresent(
            file ->
                wishes.add(
                    StartWish.whole(
                        file, StartWish.LIKELY, StartWish.Purpose.ARCHIVE, this::archive)));
  }

  /** Of an archive its directory and its manifest are read, and the archives that this names. */
  private List<StartWish> archive(ImageFile file) throws IOException {
    var wishes = new ArrayList<StartWish>();
    var archive = JarFile.open(file);
    var directory = file.part(archive.directoryAt(), archive.directoryLength());
    wishes.add(StartWish.of(directory, StartWish.LIKELY));
    int left = MOST_ENTRIES;
    for (String entry : archive.classPath()) {
      if (left-- > 0 && entry.indexOf(':') < 0) {
        archive(absolute(entry, file.directory()), wishes);
      }
    }
    return wishes;
  }
}
