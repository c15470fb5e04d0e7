package dev.lazuli.snapshotter.start.python;

import java.util.List;

/**
 * One import of a module.
 *
 * @param module the dotted name; empty for {@code from . import x}
 * @param level how many dots come before it; 0 for an absolute import
 * @param names what is taken from it, any of which may be a module of its own; empty for {@code
 *     import x}
 */
public record ImportedName(String module, int level, List<String> names) {
  /** Copies the list. */
  public ImportedName {
    names = List.copyOf(names);
  }

  /** Returns an absolute import of a module. */
  public static ImportedName of(String module) {
    return new ImportedName(module, 0, List.of());
  }
}
