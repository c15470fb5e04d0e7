package dev.lazuli.bridge.erofs;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.bridge.fuse.BlobHandler;
import dev.lazuli.bridge.fuse.FuseSession;
import dev.lazuli.bridge.fuse.ReadReply;
import dev.lazuli.bridge.fuse.SessionOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** A process that serves one layer, complete on disk, under any slot. */
final class BenchServer implements AutoCloseable {
  private final Process process;

  private BenchServer(Process process) {
    this.process = process;
  }

  static BenchServer start(Path fuse, Path image, Path data) throws IOException {
    var command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-Xmx64m"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(BenchServer.class.getName(), fuse + "", image + "", data + ""));
    var process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    var output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    if (output.readLine() == null) {
      throw new IOException("the serving process ended at once");
    }
    return new BenchServer(process);
  }

  /** Returns the processor time that the process has used, in nanoseconds. */
  long cpuNanos() throws IOException {
    long nanos = 0;
    try (var threads =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(process.pid()), "task"))) {
      for (var thread : threads) {
        var schedstat = Files.readString(thread.resolve("schedstat"));
        nanos += Long.parseLong(schedstat.substring(0, schedstat.indexOf(' ')));
      }
    }
    return nanos;
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  public static void main(String[] args) throws IOException {
    try (var image = ErofsImage.open(Path.of(args[1]));
        var data = FileChannel.open(Path.of(args[2]), StandardOpenOption.READ);
        var session =
            FuseSession.mount(
                Path.of(args[0]),
                new Everywhere(data, data.size()),
                slot -> image,
                SessionOptions.defaults())) {
      System.out.println("serving");
      System.out.flush();
      while (System.in.read() >= 0) {}
      assert session.isServing();
    }
  }

  private record Everywhere(FileChannel data, long bytes) implements BlobHandler {
    @Override
    public long size(long slot) {
      return bytes;
    }

    @Override
    public void read(long slot, long offset, int length, ReadReply reply) {
      reply.send(
          (to, at) -> {
            ByteBuffer buffer = to.asByteBuffer();
            while (buffer.hasRemaining()) {
              if (data.read(buffer, at + buffer.position()) < 0) {
                throw new IOException("the data file ends early");
              }
            }
          });
    }
  }
}
