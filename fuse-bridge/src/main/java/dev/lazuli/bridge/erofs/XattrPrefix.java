package dev.lazuli.bridge.erofs;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The name prefixes that EROFS stores as a number: {@code EROFS_XATTR_INDEX_*} of the kernel's
 * erofs_fs.h. No other prefix can be stored; {@code lustre.} (5) is of no use here.
 */
enum XattrPrefix {
  USER(1, "user."),
  POSIX_ACL_ACCESS(2, "system.posix_acl_access"),
  POSIX_ACL_DEFAULT(3, "system.posix_acl_default"),
  TRUSTED(4, "trusted."),
  SECURITY(6, "security.");

  private static final XattrPrefix[] PREFIXES = values();

  private final int index;

  // a read-only view of an array that nobody else has
  @SuppressWarnings("ImmutableEnumChecker")
  private final MemorySegment text;

  XattrPrefix(int index, String text) {
    this.index = index;
    this.text = MemorySegment.ofArray(text.getBytes(US_ASCII)).asReadOnly();
  }

  /** Returns the prefix's number on disk. */
  int index() {
    return index;
  }

  /** Returns the prefix's bytes. */
  MemorySegment text() {
    return text;
  }

  /** Returns the prefix's length in bytes. */
  int length() {
    return (int) text.byteSize();
  }

  /** Returns whether the prefix is a whole name: an ACL's name has nothing after it. */
  boolean wholeName() {
    return this == POSIX_ACL_ACCESS || this == POSIX_ACL_DEFAULT;
  }

  /** Returns the prefix of a full name, or null if EROFS has no number for it. */
  static @Nullable XattrPrefix of(MemorySegment name) {
    for (var prefix : PREFIXES) {
      if (prefix.matches(name)) {
        return prefix;
      }
    }
    return null;
  }

  /** Returns the prefix with a number on disk, or null if there is none. */
  static @Nullable XattrPrefix ofIndex(int index) {
    for (var prefix : PREFIXES) {
      if (prefix.index == index) {
        return prefix;
      }
    }
    return null;
  }

  private boolean matches(MemorySegment name) {
    long size = name.byteSize();
    boolean rightSize = wholeName() ? size == length() : size > length();
    return rightSize && MemorySegment.mismatch(name, 0, length(), text, 0, length()) == -1;
  }
}
