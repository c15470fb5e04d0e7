package dev.lazuli.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.cache.disk.Durable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A small text that outlives the process, and the machine's power: its file has the old content or
 * the new one, whatever happens. Only the file's owner may read it. One thread at a time writes.
 */
public final class StateFile {
  private final Disk disk;
  private final Path path;
  private final int mostBytes;

  /**
   * Names a file, which need not exist; its directory must.
   *
   * @param mostBytes a larger file is not read
   */
  public StateFile(Path path, int mostBytes) {
    this(Disk.PRIVATE, path, mostBytes);
  }

  /** Likewise, on another disk. */
  StateFile(Disk disk, Path path, int mostBytes) {
    this.disk = disk;
    this.path = path.toAbsolutePath();
    this.mostBytes = mostBytes;
  }

  /**
   * Reads the text; empty if there is no file.
   *
   * @throws CacheCorruptException if the file is too large or is not UTF-8
   * @throws IOException if it cannot be read
   */
  public Optional<String> read() throws IOException {
    try {
      byte[] content = Durable.read(disk, path, mostBytes);
      return Optional.of(UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString());
    } catch (NoSuchFileException _) {
      return Optional.empty();
    } catch (CharacterCodingException _) {
      throw new CacheCorruptException(path, "not UTF-8");
    }
  }

  /**
   * Puts a text in the place of the last one, on the disk when this returns.
   *
   * @throws IOException if it cannot be written; the file then has the old content, or the new one
   *     if only that could not be synced
   */
  public void write(String text) throws IOException {
    Durable.rewrite(disk, path, text.getBytes(UTF_8));
  }

  /** Returns the file's path. */
  @Override
  public String toString() {
    return path.toString();
  }
}
