package dev.lazuli.snapshotter.snapshots;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import org.h2.store.fs.FileBase;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/** The database's files, of which the n-th write, sync or cut fails. One test at a time uses it. */
public final class FailingFiles extends FilePathWrapper {
  private static final String SCHEME = "failing";

  private static int left = Integer.MAX_VALUE;
  private static boolean lasting;

  private static boolean failed;

  static {
    FilePath.register(new FailingFiles());
  }

  /** For the database, which makes one for each path. */
  public FailingFiles() {}

  /** Returns a name under which the database finds the file and its failures. */
  static String name(Path file) {
    return SCHEME + ":" + file;
  }

  /** Lets the n-th operation from now on fail, counted from 1, and all after it if it lasts. */
  static synchronized void failAt(int n, boolean forGood) {
    left = n;
    lasting = forGood;
    failed = false;
  }

  /** Ends the failures; returns whether there was any. */
  static synchronized boolean heal() {
    left = Integer.MAX_VALUE;
    return failed;
  }

  private static synchronized void count(String what) throws IOException {
    left--;
    if (left == 0 || (left < 0 && lasting)) {
      failed = true;
      throw new IOException("no " + what + " now");
    }
  }

  @Override
  public String getScheme() {
    return SCHEME;
  }

  @Override
  public FileChannel open(String mode) throws IOException {
    return new File(super.open(mode));
  }

  private static final class File extends FileBase {
    private final FileChannel disk;

    File(FileChannel disk) {
      this.disk = disk;
    }

    @Override
    public long position() throws IOException {
      return disk.position();
    }

    @Override
    public FileChannel position(long position) throws IOException {
      disk.position(position);
      return this;
    }

    @Override
    public synchronized int read(ByteBuffer destination) throws IOException {
      return disk.read(destination);
    }

    @Override
    public synchronized int read(ByteBuffer destination, long position) throws IOException {
      return disk.read(destination, position);
    }

    @Override
    public synchronized int write(ByteBuffer source) throws IOException {
      count("write");
      return disk.write(source);
    }

    @Override
    public synchronized int write(ByteBuffer source, long position) throws IOException {
      count("write");
      return disk.write(source, position);
    }

    @Override
    public FileChannel truncate(long size) throws IOException {
      count("cut");
      disk.truncate(size);
      return this;
    }

    @Override
    public void force(boolean metadata) throws IOException {
      count("sync");
      disk.force(metadata);
    }

    @Override
    public long size() throws IOException {
      return disk.size();
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) throws IOException {
      return disk.tryLock(position, size, shared);
    }

    @Override
    protected void implCloseChannel() throws IOException {
      disk.close();
    }
  }
}
