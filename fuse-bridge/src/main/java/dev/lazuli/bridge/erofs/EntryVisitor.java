package dev.lazuli.bridge.erofs;

import java.lang.foreign.MemorySegment;

/** Takes one entry of a directory. */
@FunctionalInterface
public interface EntryVisitor {
  /**
   * Takes the entry, or refuses it and ends the listing.
   *
   * @param image the segment that holds the name
   * @param nameOffset where in {@code image} the name starts
   * @param nameLength the name's length in bytes, 1 to 255
   * @param nid the entry's inode
   * @param type the entry's type, {@code FT_*} of uapi/linux/fs_types.h: 1 regular, 2 directory, 3
   *     character device, 4 block device, 5 fifo, 6 socket, 7 symbolic link
   * @param nextCookie where a listing goes on after this entry; the same in every mount
   * @return false to end the listing without having taken this entry
   * @throws CorruptImageException if what the entry leads to is damaged; ends the listing
   */
  boolean entry(
      MemorySegment image, long nameOffset, int nameLength, long nid, int type, long nextCookie)
      throws CorruptImageException;
}
