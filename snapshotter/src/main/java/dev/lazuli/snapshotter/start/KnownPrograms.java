package dev.lazuli.snapshotter.start;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What some programs open by names that stand in none of their headers: runtimes load their core
 * and their library so. Observed with strace; a name that an image does not have costs nothing.
 */
enum KnownPrograms {
  /** OpenJDK from 9 on: {@code bin/java}. */
  JAVA(
      "java",
      """
      ../lib/jvm.cfg
      ../lib/server/libjvm.so
      ../lib/server/classes.jsa
      ../lib/libjimage.so
      ../lib/libjava.so
      ../lib/libjsvml.so
      ../lib/libnio.so
      ../lib/libnet.so
      ../lib/libzip.so
      ../lib/modules
      """),

  /** CPython 3: the codecs first, then the modules that nearly every script imports. */
  PYTHON(
      "python3(\\.\\d+)?",
      """
      ../lib/{name}/encodings/__init__.py
      ../lib/{name}/encodings/aliases.py
      ../lib/{name}/encodings/utf_8.py
      ../lib/{name}/encodings/__pycache__/
      /etc/{name}/sitecustomize.py
      ../lib/{name}/__pycache__/
      ../lib/{name}/
      ../lib/{name}/collections/
      ../lib/{name}/importlib/
      ../lib/{name}/re/
      ../lib/{name}/json/
      """);

  private final Pattern name;
  private final String opened;

  KnownPrograms(String name, String opened) {
    this.name = Pattern.compile(name);
    this.opened = opened;
  }

  /**
   * Returns the paths that a program opens, absolute; those that end in a slash are directories
   * whose files it opens.
   */
  static List<String> openedBy(ImageFile program) {
    var paths = new ArrayList<String>();
    for (KnownPrograms known : values()) {
      if (known.name.matcher(program.name()).matches()) {
        known
            .opened
            .lines()
            .map(path -> path.replace("{name}", program.name()))
            .map(path -> path.startsWith("/") ? path : program.directory() + "/" + path)
            .forEach(paths::add);
      }
    }
    return paths;
  }
}
