package dev.lazuli.bridge.erofs;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import java.time.Instant;
import java.util.HexFormat;

/** Trees that hold what a layer can hold. Every parent is declared. */
final class TestTrees {
  private static final Instant YEAR_1960 = Instant.parse("1960-01-01T00:00:00.123456789Z");
  private static final Instant YEAR_2040 = Instant.parse("2040-02-29T12:34:56.999999999Z");

  /** VFS_CAP_REVISION_2 with the effective bit, CAP_NET_BIND_SERVICE permitted. */
  private static final byte[] CAPABILITY =
      HexFormat.of().parseHex("0100000200040000000000000000000000000000");

  /** user::rw-, user:1000:r--, group::r--, mask::r--, other::r--. */
  private static final byte[] ACL =
      HexFormat.of()
          .parseHex(
              "02000000"
                  + "01000600ffffffff"
                  + "02000400e8030000"
                  + "04000400ffffffff"
                  + "10000400ffffffff"
                  + "20000400ffffffff");

  private TestTrees() {}

  /** Every kind of file, attribute, name and time. */
  static ImageTree everyKind() {
    var tree = new ImageTree().directory("").mode(0751).modified(YEAR_2040);
    files(tree);
    attributes(tree);
    names(tree);
    links(tree);
    return tree;
  }

  private static void files(ImageTree tree) {
    tree.directory("files").owner(1, 2).modified(YEAR_1960);
    for (int size : new int[] {0, 1, 511, 512, 4095, 4096, 4097, 8192, 1_000_003}) {
      tree.file("files/" + size, FileContent.generated(size, size));
    }
    tree.characterDevice("files/null", 1, 3).mode(0666);
    tree.blockDevice("files/disk", 4095, 0xfffff);
    tree.blockDevice("files/disk2", 259, 300).owner(0, 6);
    tree.fifo("files/fifo").modified(YEAR_1960);
    tree.directory("files/sockets").socket("files/sockets/socket").mode(0755).owner(9, 10);
    tree.directory("files/empty");
  }

  private static void attributes(ImageTree tree) {
    tree.directory("attributes").mode(01777);
    tree.file("attributes/setuid", "#!").mode(04755).owner(100_000, 65_534);
    tree.file("attributes/setgid", "#!").mode(02755).owner(0x7ffffffe, 0x7ffffffd);
    tree.file("attributes/none", "?").mode(0);
    tree.file("attributes/1960", "").modified(YEAR_1960);
    tree.file("attributes/2040", "").modified(YEAR_2040);
    tree.file("attributes/epoch", "").modified(Instant.EPOCH);
    tree.file("attributes/1-ns", "").modified(Instant.ofEpochSecond(0, 1));
    tree.file("attributes/capability", "x").mode(0755).xattr("security.capability", CAPABILITY);
    tree.file("attributes/selinux", "x")
        .xattr("security.selinux", "system_u:object_r:bin_t:s0\0".getBytes(US_ASCII));
    tree.file("attributes/acl", "x").xattr("system.posix_acl_access", ACL);
    tree.directory("attributes/acl-default").xattr("system.posix_acl_default", ACL);
    tree.file("attributes/user", "x")
        .xattr("user.empty", new byte[0])
        .xattr("user.binary", new byte[] {0, 1, -1, '\n'})
        .xattr("user." + "n".repeat(250), new byte[100])
        .xattr("user.large", new byte[2000])
        .xattr("trusted.mark", "t".getBytes(US_ASCII));
    tree.directory("attributes/trusted").xattr("trusted.mark", "d".getBytes(US_ASCII));
    tree.symlink("attributes/link", "user").xattr("trusted.mark", "l".getBytes(US_ASCII));
  }

  private static void names(ImageTree tree) {
    tree.directory("names");
    String[] names = {
      "!bang",
      "+plus",
      "-dash",
      ".hid",
      "..twodots",
      "...",
      "a b",
      "new\nline",
      "tab\t",
      "back\\slash",
      "quote'\"",
      "\u00e4\u00f6\u00fc",
      "\u65e5\u672c",
      "\udcff\udcfe",
      "mixed\udc80",
      "n".repeat(255),
      "\u00e4".repeat(127)
    };
    for (var name : names) {
      tree.file("names/" + name, name);
    }
    tree.directory("names/d\udcff").file("names/d\udcff/\udc90", "inside");
  }

  private static void links(ImageTree tree) {
    tree.directory("links");
    tree.symlink("links/relative", "../files/1");
    tree.symlink("links/raw", "\udcff/x").owner(5, 6).modified(YEAR_1960);
    for (int length : new int[] {1, 59, 60, 4000, 4031, 4032, 4033, 4095}) {
      tree.symlink("links/" + length, "t".repeat(length));
    }
    tree.file("links/file", "shared").owner(7, 8);
    tree.hardLink("links/file-2", "links/file").hardLink("files/file-3", "links/file");
    tree.hardLink("links/fifo-2", "files/fifo").hardLink("links/link-2", "links/relative");
  }

  /** The layer below {@link #upper}. */
  static ImageTree lower() {
    return new ImageTree()
        .directory("")
        .directory("kept")
        .file("kept/same", "lower")
        .file("kept/gone", "lower")
        .file("kept/changed", "lower")
        .directory("kept/gone-dir")
        .file("kept/gone-dir/file", "lower")
        .directory("opaque")
        .file("opaque/hidden", "lower")
        .directory("opaque/hidden-dir")
        .directory("file-later")
        .file("file-later/hidden", "lower")
        .file("dir-later", "lower");
  }

  /** A layer with whiteouts and an opaque directory. */
  static ImageTree upper() {
    return new ImageTree()
        .directory("")
        .mode(0711)
        .directory("kept")
        .owner(3, 4)
        .modified(YEAR_1960)
        .whiteout("kept/gone")
        .whiteout("kept/gone-dir")
        .file("kept/changed", "upper")
        .xattr("user.kept", "v".getBytes(UTF_8))
        .directory("opaque")
        .opaque("opaque")
        .file("opaque/new", "upper")
        .file("file-later", "upper")
        .directory("dir-later")
        .file("dir-later/new", "upper");
  }

  /** More than {@code count} files, 20,000 of them in one directory. */
  static ImageTree large(int count) {
    var tree = new ImageTree().directory("").directory("many");
    for (int i = 0; i < 20_000; i++) {
      if (i % 2 == 0) {
        tree.symlink("many/link-to-something-" + i, "target-" + i);
      } else {
        tree.file("many/file-of-some-package-" + i, "content " + i);
      }
    }
    for (int i = 20_000; i < count; i++) {
      if (i % 100 == 0) {
        tree.directory("d" + i / 100);
      }
      tree.file("d" + i / 100 + "/f" + i, i % 7 == 0 ? "" : "text " + i).mode(0600 + i % 64);
    }
    return tree;
  }
}
