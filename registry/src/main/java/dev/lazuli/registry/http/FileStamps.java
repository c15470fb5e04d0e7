package dev.lazuli.registry.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * What tells whether files were replaced or changed: their inodes, sizes and times.
 *
 * @param stamps one for each file, in their order
 */
record FileStamps(List<String> stamps) {
  FileStamps {
    stamps = List.copyOf(stamps);
  }

  static FileStamps of(List<Path> files) {
    var stamps = new ArrayList<String>();
    for (Path file : files) {
      stamps.add(stamp(file));
    }
    return new FileStamps(stamps);
  }

  private static String stamp(Path file) {
    try {
      var now = Files.readAttributes(file, BasicFileAttributes.class);
      return now.fileKey() + " " + now.size() + " " + now.lastModifiedTime();
    } catch (IOException e) {
      return "unreadable"; // whoever reads the file says why
    }
  }
}
