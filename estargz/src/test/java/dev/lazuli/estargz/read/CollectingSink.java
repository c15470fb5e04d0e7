package dev.lazuli.estargz.read;

import dev.lazuli.estargz.ChunkSink;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Keeps decoded chunks in memory, and holds the decoder to the order of calls. */
public final class CollectingSink implements ChunkSink {
  public final TreeMap<Integer, byte[]> committed = new TreeMap<>();
  public final List<String> calls = new ArrayList<>();
  private final TreeMap<Integer, byte[]> held = new TreeMap<>();
  private final ByteArrayOutputStream current = new ByteArrayOutputStream();
  private int chunk = -1;

  @Override
  public void begin(int newChunk) {
    if (chunk >= 0) {
      throw new AssertionError("chunk " + chunk + " is not finished");
    }
    chunk = newChunk;
    current.reset();
    calls.add("begin " + chunk);
  }

  @Override
  public void write(ByteBuffer window) {
    var bytes = new byte[window.remaining()];
    window.get(bytes);
    current.writeBytes(bytes);
  }

  @Override
  public void commit(byte[] sha256) {
    calls.add("commit " + chunk);
    committed.put(chunk, current.toByteArray());
    chunk = -1;
  }

  @Override
  public void hold(byte[] sha256) {
    held.put(chunk, current.toByteArray());
    chunk = -1;
  }

  @Override
  public int commitHeld() {
    committed.putAll(held);
    held.clear();
    return -1;
  }

  @Override
  public void abort() {
    calls.add("abort " + chunk);
    held.clear();
    chunk = -1;
  }
}
