package dev.lazuli.bridge.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * A program of a few instructions that mounts a file system, read-only, without setuid and devices,
 * and ends with {@code errno} as its status. It is written by us: {@code mount(8)} would put loop
 * devices under images, and not every node has other programs that make one system call.
 *
 * <p>It is for mounts at which the kernel asks our own FUSE mounts something. A thread of ours that
 * waits for such an answer cannot be killed once the request was taken ({@code request_wait_answer}
 * in the kernel's {@code fs/fuse/dev.c}). If we are killed before we answer, our process does not
 * end, nobody starts the next daemon, which could answer, and all readers hang. This program may
 * hang in our place: nobody waits for it once we are gone.
 */
public final class MountProgram implements AutoCloseable {
  /**
   * The flags that it mounts with. On the host a layer's files are data: its setuid programs give
   * no rights and its device nodes open nothing. Containers lose neither, since overlayfs goes by
   * the flags of its own mount.
   */
  public static final long FLAGS = Mounts.MS_RDONLY | Mounts.MS_NOSUID | Mounts.MS_NODEV;

  // <elf.h>
  private static final int HEADER_SIZE = 64;
  private static final int SEGMENT_HEADER_SIZE = 56;
  private static final int EM_X86_64 = 62;
  private static final int EM_AARCH64 = 183;
  private static final long ADDRESS = 0x400000;
  private static final int PAGE = 1 << 16; // 64 KiB: the largest of any arm64 kernel

  private final Path file;

  private MountProgram(Path file) {
    this.file = file;
  }

  /**
   * Writes the program.
   *
   * @param file its path, on a file system from which programs may be run
   * @throws IOException if it cannot be written, or there is none for this machine
   */
  public static MountProgram write(Path file) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    // Not the old one's content: a process that still runs it keeps that from being written.
    Files.deleteIfExists(fresh);
    Files.createFile(
        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.write(fresh, elf(System.getProperty("os.arch")));
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    return new MountProgram(file);
  }

  /**
   * Mounts a file system as {@link Mounts#mount} does.
   *
   * @throws ErrnoException if the kernel refuses to mount
   * @throws CannotRunException if the program could not be run; nothing is mounted then
   * @throws KilledException if somebody killed the program, before or after it had mounted
   */
  public void mount(String source, Path target, String type, String data) throws IOException {
    Spawn.Exit exit;
    try (var nothing =
        FileDescriptor.open(
            Path.of("/dev/null"), FileDescriptor.O_RDWR | FileDescriptor.O_CLOEXEC)) {
      var command = List.of(file.toString(), source, target.toString(), type, data);
      exit = Spawn.exit(Spawn.start(command, List.of(nothing, nothing, nothing)));
    } catch (IOException e) {
      throw new CannotRunException(file, e);
    }
    if (exit.signal() != 0) {
      throw new KilledException(target, exit.signal());
    }
    if (exit.status() != 0) {
      throw new ErrnoException(
          "mount(\"%s\", \"%s\", \"%s\", 0x%x, \"%s\")"
              .formatted(source, target, type, FLAGS, data),
          exit.status());
    }
  }

  /** Deletes the program. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
  }

  /** The program did not run, for a reason that has nothing to do with the mount. */
  public static final class CannotRunException extends IOException {
    private static final long serialVersionUID = 1;

    private CannotRunException(Path file, IOException cause) {
      super(file + " cannot be run: " + cause.getMessage(), cause);
    }
  }

  /** The program was killed, so nobody knows whether it has mounted. */
  public static final class KilledException extends IOException {
    private static final long serialVersionUID = 1;

    private KilledException(Path target, int signal) {
      super(
          "the program that mounts %s was killed by signal %d%s"
              .formatted(
                  target, signal, signal == Spawn.SIGKILL ? ": was there too little memory?" : ""));
    }
  }

  /** Returns a static executable of one segment: headers, then instructions. */
  static byte[] elf(String architecture) throws IOException {
    int machine = machine(architecture);
    byte[] code = machine == EM_X86_64 ? codeOfX86() : codeOfArm();
    int size = HEADER_SIZE + SEGMENT_HEADER_SIZE + code.length;
    var out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    // 64 bits, little endian, version 1, System V
    out.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
    out.putShort((short) 2).putShort((short) machine).putInt(1); // ET_EXEC
    out.putLong(ADDRESS + HEADER_SIZE + SEGMENT_HEADER_SIZE); // entry
    out.putLong(HEADER_SIZE).putLong(0).putInt(0); // segments, no sections, flags
    out.putShort((short) HEADER_SIZE).putShort((short) SEGMENT_HEADER_SIZE).putShort((short) 1);
    out.putShort((short) 0).putShort((short) 0).putShort((short) 0);
    out.putInt(1).putInt(5); // PT_LOAD, readable and executable
    out.putLong(0).putLong(ADDRESS).putLong(ADDRESS);
    out.putLong(size).putLong(size).putLong(PAGE);
    return out.put(code).array();
  }

  private static int machine(String architecture) throws IOException {
    return switch (architecture.toLowerCase(Locale.ROOT)) {
      case "amd64", "x86_64" -> EM_X86_64;
      case "aarch64" -> EM_AARCH64;
      default -> throw new IOException("no mount program for " + architecture);
    };
  }

  /** The stack holds argc and argv. System calls: mount is 165, exit_group 231. */
  private static byte[] codeOfX86() {
    return HexFormat.of()
        .parseHex(
            "488b7c2410" // mov rdi, [rsp + 16]    source
                + "488b742418" // mov rsi, [rsp + 24]    target
                + "488b542420" // mov rdx, [rsp + 32]    type
                + "41ba%02x000000".formatted(FLAGS) // mov r10d, FLAGS
                + "4c8b442428" // mov r8, [rsp + 40]     data
                + "b8a5000000" // mov eax, 165
                + "0f05" // syscall
                + "f7d8" // neg eax
                + "89c7" // mov edi, eax
                + "b8e7000000" // mov eax, 231
                + "0f05"); // syscall
  }

  /** The same. System calls: mount is 40, exit_group 94. */
  private static byte[] codeOfArm() {
    int[] words = {
      0xf9400be0, // ldr x0, [sp, #16]
      0xf9400fe1, // ldr x1, [sp, #24]
      0xf94013e2, // ldr x2, [sp, #32]
      0xd2800003 | (int) FLAGS << 5, // mov x3, #FLAGS
      0xf94017e4, // ldr x4, [sp, #40]
      0xd2800508, // mov x8, #40
      0xd4000001, // svc #0
      0x4b0003e0, // neg w0, w0
      0xd2800bc8, // mov x8, #94
      0xd4000001 // svc #0
    };
    var out = ByteBuffer.allocate(words.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.asIntBuffer().put(words);
    return out.array();
  }
}
