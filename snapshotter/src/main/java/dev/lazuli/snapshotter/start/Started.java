package dev.lazuli.snapshotter.start;

import java.util.List;

/**
 * A program that is started.
 *
 * @param asked the path by which it is started, which may be a link
 * @param file the file that this leads to
 * @param arguments the words after its name
 * @param chance how likely it is started, 0 to 1
 */
record Started(String asked, ImageFile file, List<String> arguments, double chance) {
  Started {
    arguments = List.copyOf(arguments);
  }

  /** Returns the directory of the path by which it is started. */
  String directory() {
    return asked.substring(0, Math.max(0, asked.lastIndexOf('/')));
  }
}
