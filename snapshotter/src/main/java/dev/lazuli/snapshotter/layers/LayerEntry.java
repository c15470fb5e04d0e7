package dev.lazuli.snapshotter.layers;

import java.io.IOException;

/** What one layer has by a name. */
public sealed interface LayerEntry {
  /** What is not a directory. */
  enum Other implements LayerEntry {
    /** Nothing: the layers below decide. */
    ABSENT,

    /** A file of any kind, or a whiteout: what layers below have by this name is hidden. */
    HIDING
  }

  /** Takes the name of a directory. */
  @FunctionalInterface
  interface NameVisitor {
    /** Takes a name, one character for each byte. */
    void name(String name) throws IOException;
  }

  /**
   * A directory of one layer. Names are strings with one character for each byte, as ISO 8859-1 has
   * it. To be used while the layer is claimed: later every call fails with an {@link IOException}
   * or an {@link IllegalStateException}.
   */
  non-sealed interface Directory extends LayerEntry {
    /** Returns mode, owner, time and extended attributes. */
    DirectoryAttributes attributes() throws IOException;

    /** Returns whether the directory hides what layers below have in it. */
    boolean isOpaque() throws IOException;

    /** Returns where the attributes come from. */
    AttributeSource source() throws IOException;

    /** Returns what the layer has by a name in this directory. */
    LayerEntry child(String name) throws IOException;

    /** Visits the names of the directories in this one. */
    void forEachDirectory(NameVisitor visitor) throws IOException;
  }

  /** Where a directory's attributes come from. */
  enum AttributeSource {
    /** The layer says what they are. */
    ENTRY,

    /**
     * The layer says what they are, but has something in the directory before it does: the extended
     * attributes of the layers below are kept, where the layer has none of their names.
     */
    LATE_ENTRY,

    /** The layer has something in the directory, but does not say what its attributes are. */
    IMPLIED,

    /** One of these: whoever indexed the layer did not write down which. */
    UNKNOWN
  }
}
