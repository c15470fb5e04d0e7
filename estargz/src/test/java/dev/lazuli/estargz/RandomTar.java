package dev.lazuli.estargz;

import dev.lazuli.estargz.Unpacking.Entry;
import dev.lazuli.estargz.build.OddTar;
import dev.lazuli.estargz.build.OddTar.Facts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** A tar of random entries with few names, so that they meet, each written in one of many ways. */
final class RandomTar {
  private static final List<String> NAMES = List.of("a", "b", "c", "l", "long".repeat(30));
  private static final List<String> TARGETS =
      List.of("a", "b", "./c", "/a/b", "..", "../b", "a/../b", "/", ".", "c/l", "/l/../a", "b//a/");

  private final Random random;
  private final OddTar tar = new OddTar();
  private final List<Entry> entries = new ArrayList<>();

  RandomTar(Random random) {
    this.random = random;
    var count = 1 + random.nextInt(11);
    for (int i = 0; i < count; i++) {
      add(entry());
    }
    finish();
  }

  List<Entry> entries() {
    return entries;
  }

  byte[] bytes() {
    return tar.bytes();
  }

  /** Returns names of entries, in any order, for a list of files to put first. */
  List<String> someNames() {
    return entries.stream().map(Entry::name).filter(_ -> random.nextInt(3) == 0).toList();
  }

  private Entry entry() {
    var kind = random.nextInt(100);
    if (kind < 34) {
      var size = random.nextInt(4) == 0 ? random.nextInt(9000) : random.nextInt(20);
      return entry(path(3), '0', "", "x".repeat(size / 2) + "y".repeat(size - size / 2));
    }
    if (kind < 52) {
      return entry(path(3), '5', "", "");
    }
    if (kind < 66) {
      return entry(path(2), '2', one(TARGETS), "");
    }
    if (kind < 82) {
      return entry(path(3), '1', random.nextInt(12) == 0 ? one(TARGETS) : known(), "");
    }
    if (kind < 90) {
      return entry(join(path(2), ".wh." + one(NAMES)), '0', "", "");
    }
    if (kind < 93) {
      return entry(join(path(2), ".wh..wh..opq"), '0', "", "");
    }
    if (kind < 97) {
      return random.nextBoolean() ? entry(path(2), '6', "", "") : entry(path(2), '3', "", "1,3");
    }
    return entry(one(List.of("./", "/", "..", "a/..", "")), one(List.of('5', '0', '1')), "a", "");
  }

  private Entry entry(String name, char type, String link, String content) {
    Map<String, String> xattrs = new TreeMap<>();
    if ("015".indexOf(type) >= 0 && random.nextInt(4) == 0) {
      xattrs.put("user." + one(NAMES), random.nextBoolean() ? "" : "v" + random.nextInt(3));
      xattrs.put(one(List.of("trusted.t", "security.capability", "user.b")), "w");
    }
    var hasOwner = random.nextBoolean();
    return new Entry(
        name,
        type,
        link,
        content,
        random.nextInt(010000),
        hasOwner ? random.nextInt(1000) : 0,
        hasOwner ? random.nextInt(1000) : 0,
        random.nextInt(1_000_000),
        xattrs);
  }

  private String path(int depth) {
    var path = one(NAMES);
    for (int i = random.nextInt(depth); i > 0; i--) {
      path = join(path, one(NAMES));
    }
    return switch (random.nextInt(12)) {
      case 0 -> "/" + path;
      case 1 -> "./" + path;
      case 2 -> path + "/";
      case 3 -> path.replace("/", "//./");
      case 4 -> "nowhere/../" + path;
      case 5 -> "../" + path;
      default -> path;
    };
  }

  private static String join(String directory, String name) {
    return directory.endsWith("/") ? directory + name : directory + "/" + name;
  }

  private String known() {
    var files =
        entries.stream()
            .filter(entry -> entry.type() == '0' && !entry.name().contains(".wh."))
            .toList();
    return files.isEmpty() ? "a" : one(files).name();
  }

  private <T> T one(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  private void add(Entry entry) {
    entries.add(entry);
    decoys();
    Map<String, String> pax = new LinkedHashMap<>();
    entry.xattrs().forEach((key, value) -> pax.put("SCHILY.xattr." + key, value));
    var name = name(entry.name(), pax);
    var link = link(entry.link(), pax);
    var content = entry.type() == '0' ? entry.content() : "";
    var facts = facts(entry, pax);
    if (random.nextInt(6) == 0) {
      pax.putIfAbsent(one(List.of("size", "path", "linkpath", "uname", "comment")), "");
    }
    if (!pax.isEmpty()) {
      tar.pax('x', pax);
    }
    var isOld = entry.type() == '0' && !entry.name().endsWith("/") && random.nextInt(8) == 0;
    var type = isOld ? '\0' : entry.type();
    if (entry.type() == '3') {
      tar.device(name, 1, 3, facts);
    } else {
      tar.entry(name, type, link, content, facts);
    }
  }

  /** Adds headers that say nothing of the entry behind them. */
  private void decoys() {
    if (random.nextInt(10) == 0) {
      tar.pax('x', Map.of("path", "decoy", "uid", "99"));
      if (random.nextBoolean()) {
        tar.gnu('L', "decoy");
      }
      tar.pax('g', Map.of("mtime", "7", "path", "decoy"));
    }
    if (random.nextInt(20) == 0) {
      tar.pax('x', Map.of("path", "decoy")).pax('x', Map.of("comment", "the last counts"));
    }
  }

  /** Returns what the header calls the entry. */
  private String name(String name, Map<String, String> pax) {
    var way = name.isEmpty() ? 0 : name.length() > 100 ? 1 + random.nextInt(2) : random.nextInt(6);
    if (way == 1) {
      pax.put("path", name);
      return "decoy";
    }
    if (way == 2) {
      tar.gnu('L', name);
      if (random.nextBoolean()) {
        pax.put("path", "decoy");
      }
      return "decoy";
    }
    return name;
  }

  private String link(String link, Map<String, String> pax) {
    if (link.length() > 100 || (!link.isEmpty() && random.nextInt(6) == 0)) {
      pax.put("linkpath", link);
      return "decoy";
    }
    return link;
  }

  private Facts facts(Entry entry, Map<String, String> pax) {
    var facts = Facts.FILE.withMode(entry.mode()).withOwner(entry.uid(), entry.gid());
    if (random.nextInt(6) == 0) {
      pax.put("uid", "" + entry.uid());
      pax.put("gid", "" + entry.gid());
      facts = facts.withOwner(55, 66);
    }
    if (random.nextInt(6) == 0) {
      pax.put("mtime", entry.mtime() + ".25");
      return facts.withMtime(77).withUser("caf\u00e9");
    }
    return facts.withMtime(entry.mtime());
  }

  private void finish() {
    if (random.nextInt(10) == 0) {
      tar.pax(one(List.of('x', 'g')), Map.of("path", "decoy"));
    }
    switch (random.nextInt(4)) {
      case 0 -> {}
      case 1 -> tar.raw("\0".repeat(512));
      case 2 -> tar.raw("\0".repeat(10_240));
      default -> tar.raw("\0".repeat(1024) + "rest");
    }
  }
}
