package dev.lazuli.bridge.kernel;

import java.util.List;

/** What overlayfs reads in its layers, as Linux's Documentation/filesystems/overlayfs.rst says. */
public final class OverlayMarks {
  /**
   * The attributes that make a directory hide those below it, if their value is {@link
   * #OPAQUE_VALUE}: of overlayfs mounted by root, and with {@code userxattr}.
   */
  public static final List<String> OPAQUE =
      List.of("trusted.overlay.opaque", "user.overlay.opaque");

  /** The only value by which a directory hides all that is below it. */
  public static final byte OPAQUE_VALUE = 'y';

  private OverlayMarks() {}
}
