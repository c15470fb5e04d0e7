package dev.lazuli.cache;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** Passes everything on to another channel, after a word with its owner. */
abstract class ForwardingChannel extends FileChannel {
  final FileChannel channel;

  ForwardingChannel(FileChannel channel) {
    this.channel = channel;
  }

  /** Is called before bytes are moved. */
  abstract void before(boolean write, ByteBuffer buffer, long offset) throws IOException;

  /** Is called after bytes were written. */
  abstract void wrote(long offset, long length);

  /** Is called before anything else. */
  abstract void before() throws IOException;

  @Override
  public int read(ByteBuffer dst) throws IOException {
    before(false, dst, position());
    return channel.read(dst);
  }

  @Override
  public long read(ByteBuffer[] dsts, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int read(ByteBuffer dst, long position) throws IOException {
    before(false, dst, position);
    return channel.read(dst, position);
  }

  @Override
  public int write(ByteBuffer src) throws IOException {
    long at = position();
    before(true, src, at);
    int written = channel.write(src);
    wrote(at, written);
    return written;
  }

  @Override
  public long write(ByteBuffer[] srcs, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int write(ByteBuffer src, long position) throws IOException {
    before(true, src, position);
    int written = channel.write(src, position);
    wrote(position, written);
    return written;
  }

  @Override
  public long position() throws IOException {
    return channel.position();
  }

  @Override
  public FileChannel position(long position) throws IOException {
    channel.position(position);
    return this;
  }

  @Override
  public long size() throws IOException {
    before();
    return channel.size();
  }

  @Override
  public FileChannel truncate(long size) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
    var to = (ForwardingChannel) target;
    var none = ByteBuffer.allocate(0);
    before(false, none, position);
    long at = to.position();
    to.before(true, none, at);
    long moved = channel.transferTo(position, count, to.channel);
    to.wrote(at, moved);
    return moved;
  }

  @Override
  public long transferFrom(ReadableByteChannel src, long position, long count) {
    throw new UnsupportedOperationException();
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long position, long size) {
    throw new UnsupportedOperationException();
  }

  @Override
  public MemorySegment map(MapMode mode, long offset, long size, Arena arena) throws IOException {
    before();
    return channel.map(mode, offset, size, arena);
  }

  @Override
  public FileLock lock(long position, long size, boolean shared) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileLock tryLock(long position, long size, boolean shared) throws IOException {
    before();
    return channel.tryLock(position, size, shared);
  }
}
