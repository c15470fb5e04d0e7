package dev.lazuli.demo.images;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;

/** Trees with a bit of everything. */
final class SampleTrees {
  private static final Instant ODD_TIME = Instant.parse("2019-03-04T05:06:07.123456789Z");

  private SampleTrees() {}

  static ImageTree everyKind() {
    return everyKindOfLazyLayers().file("not-utf8-\udcff\udc80", "raw name");
  }

  /** A TOC is JSON, and has no place for names that are not UTF-8. */
  static ImageTree everyKindOfLazyLayers() {
    return new ImageTree()
        .directory("")
        .directory("bin")
        .mode(0700)
        .owner(1000, 3_000_000)
        .modified(ODD_TIME)
        .file("bin/su", FileContent.of("setuid"))
        .mode(04755)
        .xattr("security.capability", capability())
        .xattr("user.binary", new byte[] {0, 1, '\n', '=', (byte) 0xff})
        .file("bin/empty", "")
        .file("bin/big", FileContent.generated(3_000_000, 7))
        .modified(Instant.parse("1969-12-31T23:59:58.500Z"))
        .hardLink("bin/twin", "bin/big")
        .modified(Instant.parse("1969-12-31T23:59:58.500Z"))
        .symlink("link", "bin/su")
        .symlink("long-link", "x/".repeat(200) + "y")
        .characterDevice("null", 1, 3)
        .blockDevice("disk", 259, 70_000)
        .fifo("pipe")
        .directory("tmp")
        .mode(01777)
        .directory("déjà vu")
        .file("déjà vu/" + "n".repeat(255), "long name")
        .directory("deep/" + "d".repeat(200));
  }

  /** VFS_CAP_REVISION_2 with cap_net_raw effective, as linux/capability.h lays it out. */
  private static byte[] capability() {
    return ByteBuffer.allocate(20)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0x02000001)
        .putInt(1 << 13)
        .array();
  }
}
