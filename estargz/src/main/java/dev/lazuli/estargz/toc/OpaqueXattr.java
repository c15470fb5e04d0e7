package dev.lazuli.estargz.toc;

import java.nio.charset.StandardCharsets;

/** The extended attribute by which a directory hides the layers below it from overlayfs. */
public enum OpaqueXattr {
  /** {@code trusted.overlay.opaque}: overlayfs mounted by root. */
  TRUSTED("trusted.overlay."),

  /** {@code user.overlay.opaque}: overlayfs mounted with {@code userxattr}. */
  USER("user.overlay.");

  private final String prefix;

  OpaqueXattr(String prefix) {
    this.prefix = prefix;
  }

  /** Returns the attribute's full name. */
  public byte[] attribute() {
    return (prefix + "opaque").getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Returns the full name of the attribute by which a directory makes overlayfs look for whiteouts
   * in it, also where no other layer has the directory; empty values do. Directories of an upper
   * layer have it once they were copied up ({@code ovl_path_check_origin_xattr} in Linux).
   */
  public byte[] originAttribute() {
    return (prefix + "origin").getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Returns whether the name is in overlayfs's private space, in one way of mounting or the other,
   * where a layer has no say: by {@code redirect}, {@code metacopy} or {@code origin} a file would
   * get another one's content.
   */
  static boolean owns(byte[] name, int offset, int length) {
    for (OpaqueXattr way : values()) {
      if (startsWith(name, offset, length, way.prefix)) {
        return true;
      }
    }
    return false;
  }

  private static boolean startsWith(byte[] name, int offset, int length, String prefix) {
    if (length < prefix.length()) {
      return false;
    }
    for (int i = 0; i < prefix.length(); i++) {
      if (name[offset + i] != prefix.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
