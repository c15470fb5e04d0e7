package dev.lazuli.bridge.erofs;

import dev.lazuli.bridge.kernel.FileMode;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A layer with every kind of file, for tests of other packages: lower directories, whiteouts,
 * opaque directories, xattrs, hard links, hard names, a big directory and a long file.
 */
public final class SampleLayer {
  /** How many files the directory {@code many} has. */
  public static final int MANY = 3000;

  /** The size in bytes of {@code big}. */
  public static final long BIG = (3L << 20) + 17;

  private SampleLayer() {}

  /** Writes the metadata image and returns the size in bytes of the data that it refers to. */
  public static long write(Path image) throws IOException {
    var tree = new HeapTree();
    var root = tree.root();
    files(tree, tree.directory(root, "files"));
    specials(tree, tree.directory(root, "specials"));
    names(tree, tree.directory(root, "names"));
    overlay(tree, root);
    var many = tree.directory(root, "many");
    for (int i = 0; i < MANY; i++) {
      tree.file(many, "file-%05d".formatted(i), i % 5000);
    }
    var deep = root;
    for (int i = 0; i < 40; i++) {
      deep = tree.directory(deep, "d" + i);
    }
    tree.file(deep, "bottom", 100);
    ErofsWriter.write(tree, tree.dataSize(), image);
    return tree.dataSize();
  }

  private static void files(HeapTree tree, HeapTree.Node files) {
    tree.file(files, "empty", 0);
    tree.file(files, "one", 1);
    tree.file(files, "page", 4096);
    var big = tree.file(files, "big", BIG);
    tree.link(files, "big-again", big);
    var setuid = tree.file(files, "setuid", 5000);
    setuid.mode = FileMode.REGULAR | 06755;
    setuid.uid = 100_000;
    setuid.gid = -2;
    var old = tree.file(files, "old", 10);
    old.mtimeSeconds = -315_619_200;
    old.mtimeNanos = 123_456_789;
    var rich = tree.file(files, "rich", 20);
    rich.xattrs.put("user.colour", new byte[] {'b', 'l', 'u', 'e'});
    rich.xattrs.put("user.empty", new byte[0]);
    rich.xattrs.put("trusted.secret", new byte[] {1, 2, 3});
    rich.xattrs.put("user.long", new byte[3000]);
    var capable = tree.file(files, "capable", 30);
    capable.xattrs.put(
        "security.capability",
        new byte[] {1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  }

  private static void specials(HeapTree tree, HeapTree.Node specials) {
    tree.symlink(specials, "short", "../files/one");
    tree.symlink(specials, "long", "x/".repeat(2000));
    tree.symlink(specials, "dangling", "nowhere");
    tree.device(specials, "null", FileMode.CHARACTER_DEVICE, 1, 3);
    tree.device(specials, "far", FileMode.BLOCK_DEVICE, 4000, 1_000_000);
    tree.add(specials, "fifo", FileMode.FIFO | 0644);
    tree.add(specials, "socket", FileMode.SOCKET | 0755);
    var sticky = tree.directory(specials, "sticky");
    sticky.mode = FileMode.DIRECTORY | 01777;
    tree.directory(specials, "empty");
  }

  private static void names(HeapTree tree, HeapTree.Node names) {
    tree.file(names, "n".repeat(255), 5);
    tree.file(names, "\u00e9\u00ff\u00fe", 6);
    tree.file(names, "new\nline", 7);
    tree.file(names, "!bang", 8);
    tree.file(names, "-dash", 9);
    tree.file(names, ".hidden", 10);
    tree.file(names, "..dots", 11);
  }

  private static void overlay(HeapTree tree, HeapTree.Node root) {
    var upper = tree.directory(root, "upper");
    tree.file(upper, "kept", 12);
    tree.device(upper, "gone", FileMode.CHARACTER_DEVICE, 0, 0);
    var opaque = tree.directory(upper, "opaque");
    opaque.xattrs.put("trusted.overlay.opaque", new byte[] {'y'});
    tree.file(opaque, "new", 13);
    var lower = tree.directory(root, "lower");
    tree.file(lower, "gone", 14);
    tree.file(lower, "kept", 15);
    tree.file(tree.directory(lower, "opaque"), "hidden", 16);
  }
}
