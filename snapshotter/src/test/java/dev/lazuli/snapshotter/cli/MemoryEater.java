package dev.lazuli.snapshotter.cli;

import java.util.ArrayList;

/** A program that wants more memory than there is. */
final class MemoryEater {
  public static void main(String[] args) {
    var eaten = new ArrayList<byte[]>();
    while (args.length > 0) {
      eaten.add(new byte[1 << 20]);
    }
    System.out.println(eaten.size());
  }

  private MemoryEater() {}
}
