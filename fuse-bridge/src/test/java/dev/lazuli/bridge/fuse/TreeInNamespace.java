package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.bridge.erofs.SampleLayer;
import dev.lazuli.bridge.kernel.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Run as root of a user namespace: serves a tree, mounts overlayfs over it, and has another process
 * look.
 */
final class TreeInNamespace {
  private TreeInNamespace() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Path place = Path.of(args[0]);
    long slot = Long.parseLong(args[2]);
    Path merged = Files.createDirectory(place.resolve("merged"));
    try (var image = ErofsImage.open(Path.of(args[1]));
        var session =
            FuseSession.mount(
                place.resolve("fs"),
                new PatternLayers().with(slot, image.deviceSize()),
                asked -> asked == slot ? image : null,
                SessionOptions.defaults())) {
      Path tree = session.tree(slot);
      Mounts.mount(
          "overlay",
          merged,
          "overlay",
          Mounts.MS_RDONLY,
          "userxattr,lowerdir=%s:%s".formatted(tree.resolve("upper"), tree.resolve("lower")));
      try {
        require(
            List.of(".", "./kept", "./opaque", "./opaque/new"),
            Shell.lines(merged, "find . | sort"));
        require(
            List.of(Long.toString(SampleLayer.BIG)),
            Shell.lines(tree.resolve("files"), "cat big | wc -c"));
        require(List.of("../files/one"), Shell.lines(tree, "readlink specials/short"));
      } finally {
        Mounts.unmount(merged, 0);
      }
    }
    System.out.println("fine");
  }

  private static void require(List<String> expected, List<String> seen) {
    if (!expected.equals(seen)) {
      throw new AssertionError("expected " + expected + ", seen " + seen);
    }
  }
}
