package dev.lazuli.bridge.erofs;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lazuli.bridge.kernel.FileMode;
import dev.lazuli.bridge.kernel.IdMappedMounts;
import dev.lazuli.bridge.kernel.ProcFiles;
import dev.lazuli.bridge.kernel.UserNamespace;
import dev.lazuli.bridge.kernel.UserNamespace.IdRange;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * What this kernel, and the file system that will hold the images, can do with them. Found by
 * mounting a tiny image and reading its one file: versions and lists of features do not tell about
 * patched kernels, missing modules, containers, and file systems that cannot back a mount.
 *
 * @param file if images mount from files ({@link ErofsMount.Backing#FILE})
 * @param loop if they mount from loop devices ({@link ErofsMount.Backing#LOOP})
 * @param mapped if what is mounted can be shown with other owners ({@link IdMappedMounts})
 */
public record ErofsSupport(Capability file, Capability loop, Capability mapped) {
  /**
   * One way to mount.
   *
   * @param available if it works
   * @param reason why it is believed to, or what the kernel said, for people to read
   */
  public record Capability(boolean available, String reason) {}

  private static final String FILE_NAME = "probe";
  private static final int SHIFTED_ROOT = 100_000;

  /**
   * Tries both ways. Leaves nothing behind.
   *
   * @param scratch an existing directory on the file system that will hold the images
   * @throws IOException if files cannot be written there
   */
  public static ErofsSupport probe(Path scratch) throws IOException {
    Path directory = Files.createTempDirectory(scratch, ".erofs-probe-");
    Path image = directory.resolve("meta.erofs");
    Path data = directory.resolve("data");
    Path target = directory.resolve("mnt");
    try {
      Files.createDirectory(target);
      byte[] content = new byte[ErofsWriter.DEFAULT_BLOCK_SIZE];
      Arrays.fill(content, (byte) 'l');
      Files.write(data, content);
      ErofsWriter.write(new OneFileTree(content.length), content.length, image);
      var file = tryMount(ErofsMount.Backing.FILE, image, data, target, content);
      var loop = tryMount(ErofsMount.Backing.LOOP, image, data, target, content);
      return new ErofsSupport(file, loop, tryMapped(file, loop, image, data, target));
    } finally {
      for (Path path : new Path[] {image, data, target, directory}) {
        Files.deleteIfExists(path);
      }
    }
  }

  private static Capability tryMount(
      ErofsMount.Backing backing, Path image, Path data, Path target, byte[] content)
      throws IOException {
    String kernel = "kernel " + ProcFiles.text(Path.of("/proc/sys/kernel/osrelease")).strip();
    try {
      ErofsMount.mount(backing, image, data, target);
    } catch (IOException e) {
      String known = knownToKernel() ? "" : ", and no erofs in /proc/filesystems";
      return new Capability(false, kernel + ": " + e.getMessage() + known);
    }
    try {
      return Arrays.equals(Files.readAllBytes(target.resolve(FILE_NAME)), content)
          ? new Capability(true, kernel + ": a probe image was mounted and read")
          : new Capability(false, kernel + ": a probe image was mounted and read wrongly");
    } catch (IOException e) {
      return new Capability(false, kernel + ": a probe image was mounted; " + e.getMessage());
    } finally {
      ErofsMount.unmount(target);
    }
  }

  private static Capability tryMapped(
      Capability file, Capability loop, Path image, Path data, Path target) throws IOException {
    if (!file.available() && !loop.available()) {
      return new Capability(false, "there is no EROFS to show with other owners");
    }
    ErofsMount.mount(
        file.available() ? ErofsMount.Backing.FILE : ErofsMount.Backing.LOOP, image, data, target);
    var shifted = List.of(new IdRange(0, SHIFTED_ROOT, 1));
    try (var owners = UserNamespace.of(shifted, shifted)) {
      IdMappedMounts.mount(target, target, owners);
      var owner = Files.getAttribute(target.resolve(FILE_NAME), "unix:uid");
      return owner.equals(SHIFTED_ROOT)
          ? new Capability(true, "layers can be shown with other owners")
          : new Capability(false, "layers shown with other owners have wrong ones");
    } catch (IOException e) {
      return new Capability(false, "layers cannot be shown with other owners: " + e.getMessage());
    } finally {
      ErofsMount.unmount(target);
    }
  }

  private static boolean knownToKernel() throws IOException {
    return ProcFiles.lines(Path.of("/proc/filesystems")).stream()
        .anyMatch(line -> line.strip().endsWith("erofs"));
  }

  /** A root directory with one file. */
  private record OneFileTree(long size) implements InodeSource {
    @Override
    public int inodeCount() {
      return 2;
    }

    @Override
    public int mode(int inode) {
      return inode == 0 ? FileMode.DIRECTORY | 0555 : FileMode.REGULAR | 0444;
    }

    @Override
    public int uid(int inode) {
      return 0;
    }

    @Override
    public int gid(int inode) {
      return 0;
    }

    @Override
    public long mtimeSeconds(int inode) {
      return 0;
    }

    @Override
    public int mtimeNanos(int inode) {
      return 0;
    }

    @Override
    public long size(int inode) {
      return inode == 0 ? 0 : size;
    }

    @Override
    public int linkCount(int inode) {
      return 1;
    }

    @Override
    public int deviceMajor(int inode) {
      return 0;
    }

    @Override
    public int deviceMinor(int inode) {
      return 0;
    }

    @Override
    public long dataOffset(int inode) {
      return inode == 0 ? -1 : 0;
    }

    @Override
    public MemorySegment linkTarget(int inode) {
      return MemorySegment.NULL;
    }

    @Override
    public void forEachXattr(int inode, XattrVisitor visitor) {}

    @Override
    public void forEachChild(int directory, ChildVisitor visitor) {
      visitor.child(MemorySegment.ofArray(FILE_NAME.getBytes(US_ASCII)), 1);
    }

    @Override
    public int parent(int directory) {
      return 0;
    }
  }
}
