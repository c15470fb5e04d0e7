package dev.lazuli.cache;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.disk.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A disk whose n-th operation fails, once or from then on. It also knows what of the data files
 * would be left if the machine stopped: what was synced. As on Linux, what a failed sync should
 * have written is never written by a later one.
 */
final class FaultyDisk implements Disk {
  /** What is on the disk of a file, and which bytes in memory are not. */
  private static final class Durable {
    private byte[] content = new byte[0];
    private final BitSet dirty = new BitSet();
  }

  @GuardedBy("this")
  private DiskFault fault = DiskFault.EIO;

  @GuardedBy("this")
  private long failAt = Long.MAX_VALUE;

  @GuardedBy("this")
  private boolean once;

  @GuardedBy("this")
  private DiskOperation only = DiskOperation.OTHER;

  @GuardedBy("this")
  private boolean anyKind = true;

  @GuardedBy("this")
  private long operations;

  @GuardedBy("this")
  private boolean struck;

  @GuardedBy("this")
  private Runnable afterWrite = () -> {};

  @GuardedBy("this")
  private long free = Long.MAX_VALUE;

  @GuardedBy("this")
  private final Map<Path, Durable> data = new HashMap<>();

  @GuardedBy("this")
  private final Set<Channel> open = new java.util.HashSet<>();

  /** Makes the n-th operation from now on fail that {@code what} can strike, from 0. */
  synchronized void failAt(long n, DiskFault what, boolean onlyOnce) {
    fault = what;
    failAt = n;
    once = onlyOnce;
    anyKind = true;
    operations = 0;
    struck = false;
  }

  /** Makes every operation of a kind fail from now on. */
  synchronized void failAll(DiskOperation kind, DiskFault what) {
    failAt(0, what, false);
    anyKind = false;
    only = kind;
  }

  synchronized void heal() {
    failAt = Long.MAX_VALUE;
  }

  /** Runs something once, after the next write to a data file. */
  synchronized void onNextWrite(Runnable what) {
    afterWrite = what;
  }

  private synchronized Runnable takeAfterWrite() {
    Runnable taken = afterWrite;
    afterWrite = () -> {};
    return taken;
  }

  /** Returns whether anything has failed since {@link #failAt}. */
  synchronized boolean struck() {
    return struck;
  }

  synchronized int openChannels() {
    return open.size();
  }

  synchronized void free(long bytes) {
    free = bytes;
  }

  private synchronized void operation(DiskOperation kind) throws IOException {
    if (anyKind ? !fault.strikes(kind) : kind != only) {
      return;
    }
    long n = operations++;
    if (n == failAt || (n > failAt && !once)) {
      struck = true;
      if (fault == DiskFault.BUG) {
        throw new IllegalStateException(fault.message());
      }
      throw new IOException(fault.message());
    }
  }

  private static boolean isData(Path file) {
    return file.endsWith(StoredFiles.DATA);
  }

  /** Copies everything below {@code root} as the next boot would find it. */
  void copyDurable(Path root, Path copy) throws IOException {
    copy(root, copy);
    synchronized (this) {
      for (var entry : data.entrySet()) {
        Path file = copy.resolve(root.relativize(entry.getKey()));
        if (entry.getKey().startsWith(root) && Files.exists(file)) {
          Files.write(file, Arrays.copyOf(entry.getValue().content, (int) Files.size(file)));
        }
      }
    }
  }

  /** Copies everything below {@code root} as the next process would find it. */
  static void copy(Path root, Path copy) throws IOException {
    try (var walk = Files.walk(root)) {
      for (Path each : (Iterable<Path>) walk::iterator) {
        Files.copy(each, copy.resolve(root.relativize(each)));
      }
    }
  }

  private synchronized void wrote(Path file, long offset, long length) {
    Durable durable = data.get(file);
    if (durable != null) {
      durable.dirty.set((int) offset, (int) (offset + length));
    }
  }

  private synchronized void synced(Path file) throws IOException {
    Durable durable = data.get(file);
    if (durable != null) {
      byte[] now = Files.readAllBytes(file);
      byte[] content = Arrays.copyOf(durable.content, now.length);
      durable.dirty.stream().filter(at -> at < now.length).forEach(at -> content[at] = now[at]);
      durable.content = content;
      durable.dirty.clear();
    }
  }

  private synchronized void syncFailed(Path file) {
    Durable durable = data.get(file);
    if (durable != null) {
      durable.dirty.clear();
    }
  }

  /** Punches holes, which are on the disk at once. */
  void punch(Path file, long offset, long length) throws IOException {
    operation(DiskOperation.PUNCH);
    byte[] zeroes = new byte[(int) length];
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(zeroes), offset);
    }
    synchronized (this) {
      Durable durable = data.get(file);
      if (durable != null) {
        int from = (int) Math.min(offset, durable.content.length);
        int to = (int) Math.min(offset + length, durable.content.length);
        Arrays.fill(durable.content, from, to, (byte) 0);
        durable.dirty.clear((int) offset, (int) (offset + length));
      }
    }
  }

  @Override
  @MustBeClosed
  @SuppressWarnings("MustBeClosed")
  public FileChannel open(Path file, OpenOption... options) throws IOException {
    var all = Set.of(options);
    boolean creates =
        all.contains(StandardOpenOption.CREATE_NEW) || all.contains(StandardOpenOption.CREATE);
    operation(creates ? DiskOperation.CREATE : DiskOperation.OPEN);
    var channel = new Channel(file, FileChannel.open(file, options));
    synchronized (this) {
      open.add(channel);
      if (isData(file) && !data.containsKey(file)) {
        var found = new Durable();
        found.content = Files.readAllBytes(file);
        data.put(file, found);
      }
    }
    return channel;
  }

  @Override
  public void createSparse(Path file, long size) throws IOException {
    operation(DiskOperation.CREATE);
    LOCAL.createSparse(file, size);
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    operation(DiskOperation.CREATE);
    LOCAL.createDirectories(directory);
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    operation(DiskOperation.CREATE);
    LOCAL.move(from, to);
    synchronized (this) {
      for (Path file : List.copyOf(data.keySet())) {
        Durable durable = file.startsWith(from) ? data.remove(file) : null;
        if (durable != null) {
          data.put(to.resolve(from.relativize(file)), durable);
        }
      }
    }
  }

  @Override
  public void delete(Path path) throws IOException {
    operation(DiskOperation.OTHER);
    LOCAL.delete(path);
    synchronized (this) {
      data.remove(path);
    }
  }

  @Override
  public List<Path> list(Path directory) throws IOException {
    operation(DiskOperation.OPEN);
    return LOCAL.list(directory);
  }

  @Override
  public boolean isDirectory(Path path) {
    return LOCAL.isDirectory(path);
  }

  @Override
  public boolean exists(Path path) {
    return LOCAL.exists(path);
  }

  @Override
  public long size(Path file) throws IOException {
    operation(DiskOperation.OTHER);
    return LOCAL.size(file);
  }

  @Override
  public FileTime modified(Path file) throws IOException {
    operation(DiskOperation.OTHER);
    return LOCAL.modified(file);
  }

  @Override
  public void setModified(Path file, FileTime when) throws IOException {
    operation(DiskOperation.OTHER);
    LOCAL.setModified(file, when);
  }

  @Override
  public synchronized long freeBytes(Path path) {
    return free;
  }

  @Override
  public long totalBytes(Path path) {
    return 1L << 40;
  }

  /** A channel that asks its disk before it does anything. */
  private final class Channel extends ForwardingChannel {
    private final Path file;

    Channel(Path file, FileChannel channel) {
      super(channel);
      this.file = file;
    }

    @Override
    void before(boolean write, ByteBuffer buffer, long offset) throws IOException {
      try {
        operation(write ? DiskOperation.WRITE : DiskOperation.READ);
      } catch (IOException e) {
        if (write && buffer.remaining() > 1) {
          int half = buffer.remaining() / 2;
          int written = channel.write(buffer.slice(buffer.position(), half), offset);
          wrote(offset, written);
        }
        throw e;
      }
    }

    @Override
    void wrote(long offset, long length) {
      FaultyDisk.this.wrote(file, offset, length);
      if (isData(file)) {
        takeAfterWrite().run();
      }
    }

    @Override
    void before() throws IOException {
      operation(DiskOperation.OTHER);
    }

    @Override
    public void force(boolean metaData) throws IOException {
      try {
        operation(DiskOperation.SYNC);
      } catch (IOException e) {
        syncFailed(file);
        throw e;
      }
      synced(file);
    }

    @Override
    protected void implCloseChannel() throws IOException {
      synchronized (FaultyDisk.this) {
        open.remove(this);
      }
      channel.close();
    }
  }
}
