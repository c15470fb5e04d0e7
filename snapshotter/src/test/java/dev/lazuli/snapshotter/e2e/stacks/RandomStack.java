package dev.lazuli.snapshotter.e2e.stacks;

import dev.lazuli.snapshotter.e2e.stacks.StackEntry.Attributes;
import dev.lazuli.snapshotter.e2e.stacks.StackModel.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * A random stack of small layers below one directory of the image, the same for the same seed. Made
 * of entries that {@link StackModel} allows.
 */
final class RandomStack {
  private static final int MOST_ENTRIES = 14;
  private static final int MOST_DEPTH = 5;
  private static final List<String> NAMES =
      List.of(
          "a",
          "b",
          "c",
          "d",
          "e",
          "\u00e9t\u00e9",
          "\u6f22\u5b57",
          "\ud83d\ude00",
          "a b",
          "n\nl",
          "-dash",
          "quo'te\"",
          "back\\slash",
          ".hidden",
          "..two",
          "x".repeat(110));

  private static final Set<Kind> LINKABLE = EnumSet.of(Kind.FILE, Kind.SYMLINK, Kind.OTHER);

  private final SplittableRandom random;
  private final RandomAttributes attributes;
  private final String root;
  private final StackModel model;
  private List<StackEntry> layer = new ArrayList<>();
  private boolean whiteouts;

  private RandomStack(SplittableRandom random, String root, boolean forPeer) {
    this.random = random;
    this.attributes = new RandomAttributes(random, forPeer);
    this.model = new StackModel(forPeer);
    this.root = root;
  }

  /** Returns the directory that a seed's stack is in. */
  static String root(long seed) {
    return "s" + seed;
  }

  /**
   * Makes a stack.
   *
   * @param order numbers of the image's layers, lowest first; one may occur several times
   * @param forPeer whether ctr-remote is to convert it
   * @return entries by the number of their layer
   */
  static Map<Integer, List<StackEntry>> of(long seed, List<Integer> order, boolean forPeer) {
    for (int attempt = 0; ; attempt++) {
      var random = new SplittableRandom(seed * 1000 + attempt);
      var layers = new RandomStack(random, root(seed), forPeer).layers(order);
      if (layers.isPresent()) {
        return layers.get();
      }
    }
  }

  /** Returns empty if a layer that occurs again does not fit where it does. */
  private Optional<Map<Integer, List<StackEntry>>> layers(List<Integer> order) {
    var layers = new HashMap<Integer, List<StackEntry>>();
    for (int number : order) {
      model.beginLayer();
      var known = layers.get(number);
      if (known == null) {
        // What they hide may have gone when the layer comes again.
        whiteouts = Collections.frequency(order, number) == 1;
        layers.put(number, layer());
      } else if (!allAllowed(known)) {
        return Optional.empty();
      }
    }
    return Optional.of(layers);
  }

  private boolean allAllowed(List<StackEntry> entries) {
    for (var entry : entries) {
      if (!model.allows(entry)) {
        return false;
      }
      model.apply(entry);
    }
    return true;
  }

  private List<StackEntry> layer() {
    layer = new ArrayList<>();
    if (model.view().isEmpty()) {
      add(StackEntry.of(StackEntry.DIRECTORY, root, "", attributes.ofDirectory()));
    }
    for (int left = random.nextInt(MOST_ENTRIES); left > 0; left--) {
      addWithParents(entry());
    }
    return layer;
  }

  private void addWithParents(StackEntry entry) {
    var missing = new ArrayList<String>();
    for (var parent = StackEntry.parent(entry.path());
        !parent.isEmpty() && !model.here().containsKey(parent);
        parent = StackEntry.parent(parent)) {
      missing.addFirst(parent);
    }
    if (!model.allows(entry)) {
      return;
    }
    for (var parent : missing) {
      if (random.nextBoolean()) {
        continue;
      }
      var directory = StackEntry.of(StackEntry.DIRECTORY, parent, "", attributes.ofDirectory());
      if (!add(directory)) {
        return;
      }
    }
    add(entry);
  }

  private boolean add(StackEntry entry) {
    if (!model.allows(entry)) {
      return false;
    }
    model.apply(entry);
    layer.add(entry);
    return true;
  }

  private StackEntry entry() {
    int kind = random.nextInt(100);
    if (kind < 12 && whiteouts) {
      return StackEntry.whiteout(known(), attributes.ofMark());
    }
    if (kind < 17) {
      return StackEntry.opaque(directory(), attributes.ofMark());
    }
    if (kind < 28) {
      var target = fileHere();
      if (target.isPresent()) {
        var own = attributes.ofLink(model.attributes(target.get()));
        return StackEntry.of(StackEntry.HARD_LINK, place(), target.get(), own);
      }
    }
    if (kind < 48) {
      return StackEntry.of(StackEntry.DIRECTORY, place(), "", attributes.ofDirectory());
    }
    if (kind < 60) {
      return StackEntry.of(StackEntry.SYMLINK, place(), target(), attributes.ofSymlink());
    }
    if (kind < 66) {
      return special(kind % 3);
    }
    return file(place());
  }

  private StackEntry special(int kind) {
    var path = place();
    Attributes plain = attributes.ofSpecial();
    return switch (kind) {
      case 0 -> StackEntry.of(StackEntry.FIFO, path, "", plain);
      case 1 -> new StackEntry(StackEntry.CHARACTER, path, "", plain, "", 1 + random.nextInt(9), 5);
      default -> new StackEntry(StackEntry.BLOCK, path, "", plain, "", 7, random.nextInt(1 << 18));
    };
  }

  private StackEntry file(String path) {
    int size =
        switch (random.nextInt(10)) {
          case 0, 1 -> 0;
          case 2 -> 4096 * (1 + random.nextInt(3));
          case 3 -> random.nextInt(40_000);
          default -> random.nextInt(200);
        };
    var line = "content of " + random.nextInt(1000) + "\n";
    var content = line.repeat(size / line.length() + 1).substring(0, size);
    return new StackEntry(StackEntry.FILE, path, "", attributes.ofFile(), content, 0, 0);
  }

  /** Returns where the next entry goes: over something that is there, or beside it. */
  private String place() {
    if (random.nextInt(3) == 0) {
      return known();
    }
    var place = StackEntry.join(directory(), name());
    return random.nextInt(8) == 0 && depth(place) < MOST_DEPTH
        ? StackEntry.join(place, name())
        : place;
  }

  private String name() {
    return NAMES.get(random.nextInt(NAMES.size()));
  }

  private String target() {
    return switch (random.nextInt(3)) {
      case 0 -> name();
      case 1 -> "../" + name() + "/" + name();
      default -> "/" + known();
    };
  }

  /** Returns a name that the layers show, the stack's own directory apart. */
  private String known() {
    var names = new TreeSet<>(model.view().keySet());
    names.remove(root);
    return names.isEmpty() ? StackEntry.join(root, "a") : pick(List.copyOf(names));
  }

  private String directory() {
    var names = new TreeSet<String>();
    model.view().forEach((path, kind) -> addDirectory(path, kind, names));
    return names.isEmpty() ? root : pick(List.copyOf(names));
  }

  private static void addDirectory(String path, Kind kind, Set<String> names) {
    if (kind == Kind.DIRECTORY && depth(path) < MOST_DEPTH) {
      names.add(path);
    }
  }

  private Optional<String> fileHere() {
    var files =
        model.here().entrySet().stream()
            .filter(entry -> LINKABLE.contains(entry.getValue()))
            .map(Map.Entry::getKey)
            .toList();
    return files.isEmpty() ? Optional.empty() : Optional.of(pick(files));
  }

  private String pick(List<String> names) {
    return names.get(random.nextInt(names.size()));
  }

  private static int depth(String path) {
    return (int) path.chars().filter(c -> c == '/').count();
  }
}
