package dev.lazuli.snapshotter.start;

import java.io.IOException;
import java.util.List;

/**
 * A part of a file that the start will probably read, and what it leads to.
 *
 * @param part what to fetch
 * @param isOnlyIfSmall whether only the beginning is fetched of a file that is larger than {@link
 *     StartLimits#wholeBytes}
 * @param chance how likely it is that the start reads it, 0 to 1
 * @param purpose what it is read as
 * @param look finds what it leads to, once it is here
 */
record StartWish(FilePart part, boolean isOnlyIfSmall, double chance, Purpose purpose, Look look) {
  /** What a file is read as: the same one may be a script to one program and content to another. */
  enum Purpose {
    CONTENT,
    PROGRAM,
    LIBRARY,
    SCRIPT,
    MODULE,
    SETTINGS,
    READ,
    ARCHIVE
  }

  /** A program's name stands in the command line, or a loader asks for the file. */
  static final double SURE = 0.98;

  /** An import that runs unless an exception or a condition comes before it. */
  static final double LIKELY = 0.9;

  /** A word of a script, which may stand in a branch that is not taken. */
  static final double PERHAPS = 0.6;

  /** Looks into a file that is being fetched. */
  interface Look {
    /** Looks for nothing. */
    Look NONE = _ -> List.of();

    /**
     * Returns what the file leads to. Does not wait: it is called again when what it lacks is here.
     *
     * @throws NotArrivedException if a part of the file that is needed is not here yet
     * @throws IOException if the file cannot be read
     */
    List<StartWish> at(ImageFile file) throws IOException;
  }

  /** Returns the wish for a file; of a large one for its beginning, which is looked into. */
  static StartWish whole(ImageFile file, double chance, Purpose purpose, Look look) {
    return new StartWish(file.whole(), /* isOnlyIfSmall= */ true, chance, purpose, look);
  }

  /** Returns the wish for a file; of a large one for its beginning. */
  static StartWish whole(ImageFile file, double chance) {
    return whole(file, chance, Purpose.CONTENT, Look.NONE);
  }

  /** Returns the wish for exactly this part. */
  static StartWish of(FilePart part, double chance) {
    return new StartWish(part, /* isOnlyIfSmall= */ false, chance, Purpose.CONTENT, Look.NONE);
  }

  /** Returns the wish for all of a file, however large it is. */
  static StartWish all(ImageFile file, double chance) {
    return of(file.whole(), chance);
  }
}
