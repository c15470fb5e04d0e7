package dev.lazuli.estargz.build;

import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Gzip members with the plainest header: no name, no time, no operating system. */
final class GzipCompressor implements StreamCompressor {
  private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

  private final Deflater deflater;
  private final CRC32 crc = new CRC32();
  private final byte[] buffer = new byte[32 << 10];
  private boolean started;

  GzipCompressor(int level) {
    deflater = new Deflater(level, /* nowrap= */ true);
  }

  @Override
  public void write(byte[] bytes, int offset, int length, ByteSink out) {
    start(out);
    crc.update(bytes, offset, length);
    deflater.setInput(bytes, offset, length);
    while (!deflater.needsInput()) {
      out.write(buffer, 0, deflater.deflate(buffer));
    }
  }

  @Override
  public void finish(ByteSink out) {
    start(out);
    deflater.finish();
    while (!deflater.finished()) {
      out.write(buffer, 0, deflater.deflate(buffer));
    }
    putInt(out, (int) crc.getValue());
    putInt(out, (int) deflater.getBytesRead());
    deflater.reset();
    started = false;
  }

  private void start(ByteSink out) {
    if (!started) {
      out.write(HEADER, 0, HEADER.length);
      crc.reset();
      started = true;
    }
  }

  private static void putInt(ByteSink out, int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      out.write(value >>> shift);
    }
  }

  @Override
  public void close() {
    deflater.close();
  }
}
