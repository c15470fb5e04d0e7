package dev.lazuli.bridge.fuse;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A hundred reads of 16 KiB that are there, from request to reply, against copying the bytes. */
@State(Scope.Thread)
public class ReplyGate {
  private static final int READS = 100;
  private static final int READ_BYTES = 16 << 10;
  private static final long SLOT = 2;
  private static final long UNIQUE = 4;

  private final MemorySegment content = Arena.global().allocate(READ_BYTES, 4096);
  private final MemorySegment reply = Arena.global().allocate(READ_BYTES + 4096, 4096);
  private final Sink device = new Sink();
  private final FuseRequest request = new FuseRequest(request());
  private final Dispatcher dispatcher = dispatcher();

  private Dispatcher dispatcher() {
    var volume = new BlobVolume(new Present());
    var connection = new FuseConnection("gate", device, volume, 1, new ReplyBuffers(1));
    return new Dispatcher(connection, volume);
  }

  private static MemorySegment request() {
    MemorySegment read = Arena.global().allocate(Protocol.REQUEST_BUFFER_BYTES, 4096);
    read.set(JAVA_INT, Protocol.IN_LENGTH, Protocol.IN_HEADER_SIZE + 40);
    read.set(JAVA_INT, Protocol.IN_OPCODE, Protocol.READ);
    read.set(JAVA_LONG, Protocol.IN_UNIQUE, UNIQUE);
    read.set(JAVA_LONG, Protocol.IN_NODEID, NodeId.of(SLOT, 0));
    read.set(JAVA_INT, Protocol.IN_HEADER_SIZE + Protocol.READ_IN_SIZE, READ_BYTES);
    return read;
  }

  /** Answers as the daemon does, but for the device. */
  @Benchmark
  public long ours() {
    for (int i = 0; i < READS; i++) {
      if (!request.accept(Protocol.IN_HEADER_SIZE + 40)) {
        throw new AssertionError("the request is whole");
      }
      dispatcher.dispatch(request);
    }
    return device.bytes;
  }

  /** Writes the same reply, and nothing else. */
  @Benchmark
  public long plain() {
    for (int i = 0; i < READS; i++) {
      MemorySegment.copy(content, 0, reply, 4096, READ_BYTES);
      int header = 4096 - Protocol.OUT_HEADER_SIZE;
      reply.set(JAVA_INT, header + Protocol.OUT_LENGTH, Protocol.OUT_HEADER_SIZE + READ_BYTES);
      reply.set(JAVA_INT, header + Protocol.OUT_ERROR, 0);
      reply.set(JAVA_LONG, header + Protocol.OUT_UNIQUE, UNIQUE);
      device.bytes += reply.byteSize();
    }
    return device.bytes;
  }

  private final class Present implements BlobHandler {
    @Override
    public long size(long slot) {
      return READ_BYTES;
    }

    @Override
    public void read(long slot, long offset, int length, ReadReply answer) {
      answer.send((dst, at) -> MemorySegment.copy(content, at, dst, 0, dst.byteSize()));
    }
  }

  private static final class Sink implements FuseDevice {
    private long bytes;

    @Override
    public long read(MemorySegment into, MemorySegment callState) {
      throw new AssertionError("nobody reads here");
    }

    @Override
    public long write(MemorySegment message, MemorySegment callState) {
      bytes += message.byteSize();
      return message.byteSize();
    }
  }
}
