package dev.lazuli.snapshotter.e2e.stacks;

import dev.lazuli.snapshotter.e2e.stacks.StackEntry.Attributes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** Modes, owners, times and extended attributes as they occur in images. */
final class RandomAttributes {
  /** After every time that is made here, and before every time that a test runs at. */
  static final Instant NEWEST = Instant.parse("2018-01-01T00:00:00Z");

  private static final long OLDEST_SECONDS = 1;
  private static final int[] FILE_MODES = {0644, 0755, 0600, 0, 04755, 02755, 01644, 07777, 0400};
  private static final int[] DIRECTORY_MODES = {0755, 0700, 01777, 02775, 0750, 0711, 0};
  private static final int[] OWNERS = {0, 0, 0, 1, 1000, 65534, 3_000_000, Integer.MAX_VALUE - 1};

  /** {@code VFS_CAP_REVISION_2} with the effective bit, of uapi/linux/capability.h. */
  private static final int CAPABILITY_MAGIC = 0x02000001;

  /** Tags and the version of POSIX ACLs, of uapi/linux/posix_acl.h and posix_acl_xattr.h. */
  private static final int ACL_VERSION = 2;

  private static final int ACL_USER_OBJ = 0x01;
  private static final int ACL_USER = 0x02;
  private static final int ACL_GROUP_OBJ = 0x04;
  private static final int ACL_MASK = 0x10;
  private static final int ACL_OTHER = 0x20;
  private static final int ACL_NOBODY = -1;

  private final SplittableRandom random;
  private final boolean wholeSeconds;

  RandomAttributes(SplittableRandom random, boolean wholeSeconds) {
    this.random = random;
    this.wholeSeconds = wholeSeconds;
  }

  Attributes ofFile() {
    var plain = plain(FILE_MODES);
    var xattrs = userXattrs();
    if (random.nextInt(12) == 0) {
      xattrs.put("security.capability", capability());
    }
    return withAcl(plain.withXattrs(xattrs));
  }

  Attributes ofDirectory() {
    return withAcl(plain(DIRECTORY_MODES).withXattrs(userXattrs()));
  }

  /** Linux knows no user attributes of symbolic links; it has a mode of its own for all of them. */
  Attributes ofSymlink() {
    return plain(FILE_MODES);
  }

  /**
   * Returns the same or others of one more name of a file, which the file has from then on. A new
   * mode would change an access control list.
   */
  Attributes ofLink(Attributes file) {
    return file.hasAcl() || random.nextBoolean()
        ? file
        : plain(FILE_MODES).withXattrs(file.xattrs());
  }

  Attributes ofSpecial() {
    return plain(FILE_MODES);
  }

  Attributes ofMark() {
    return plain(FILE_MODES);
  }

  private Attributes plain(int[] modes) {
    long seconds = random.nextLong(OLDEST_SECONDS, NEWEST.getEpochSecond());
    int nanos = wholeSeconds || random.nextBoolean() ? 0 : random.nextInt(1_000_000_000);
    return new Attributes(
        pick(modes), pick(OWNERS), pick(OWNERS), Instant.ofEpochSecond(seconds, nanos), Map.of());
  }

  private int pick(int[] values) {
    return values[random.nextInt(values.length)];
  }

  private Map<String, byte[]> userXattrs() {
    var xattrs = new HashMap<String, byte[]>();
    if (random.nextInt(4) == 0) {
      xattrs.put("user.k", bytes(1 + random.nextInt(20)));
    }
    if (random.nextInt(10) == 0) {
      xattrs.put("user.long-name." + "n".repeat(random.nextInt(100)), bytes(300));
    }
    return xattrs;
  }

  private byte[] bytes(int count) {
    var bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private byte[] capability() {
    return little(20).putInt(CAPABILITY_MAGIC).putInt(1 << random.nextInt(30)).array();
  }

  /** containerd sets the mode last, which must not change the list then. */
  private Attributes withAcl(Attributes attributes) {
    if (random.nextInt(12) > 0) {
      return attributes;
    }
    int mode = attributes.mode();
    var list = little(4 + 5 * 8).putInt(ACL_VERSION);
    putAcl(list, ACL_USER_OBJ, mode >> 6 & 7, ACL_NOBODY);
    putAcl(list, ACL_USER, random.nextInt(8), 1000);
    putAcl(list, ACL_GROUP_OBJ, random.nextInt(8), ACL_NOBODY);
    putAcl(list, ACL_MASK, mode >> 3 & 7, ACL_NOBODY);
    putAcl(list, ACL_OTHER, mode & 7, ACL_NOBODY);
    var xattrs = new HashMap<>(attributes.xattrs());
    xattrs.put("system.posix_acl_access", bytes(list));
    return attributes.withXattrs(xattrs);
  }

  private static void putAcl(ByteBuffer list, int tag, int permissions, int id) {
    list.putShort((short) tag).putShort((short) permissions).putInt(id);
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    var bytes = new byte[buffer.position()];
    buffer.flip().get(bytes);
    return bytes;
  }
}
