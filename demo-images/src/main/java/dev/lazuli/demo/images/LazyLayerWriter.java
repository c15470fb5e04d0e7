package dev.lazuli.demo.images;

import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.build.BuiltLayer;
import dev.lazuli.estargz.build.EstargzBuilder;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Turns entries into a lazy layer: the tar flows through a pipe into the builder. */
final class LazyLayerWriter {
  private static final int BUFFER = 1 << 16;

  private LazyLayerWriter() {}

  static LayoutLayer write(Iterable<TreeEntry> entries, BuildOptions options, Path file)
      throws IOException {
    var pipe = Pipe.open();
    var written = new CompletableFuture<Void>();
    Thread.ofVirtual().name("tar").start(() -> feed(entries, pipe.sink(), written));
    try (var tar = Channels.newInputStream(pipe.source());
        var blob = new BufferedOutputStream(Files.newOutputStream(file), BUFFER)) {
      return layer(build(options, tar, blob, written));
    }
  }

  /** A tar that could not be written ends early, so the builder may fail too: both are told. */
  private static BuiltLayer build(
      BuildOptions options,
      InputStream tar,
      BufferedOutputStream blob,
      CompletableFuture<Void> written)
      throws IOException {
    try {
      var built = new EstargzBuilder(options).build(tar, blob);
      written.join();
      return built;
    } catch (CompletionException e) {
      throw new IOException("lazy layer: " + e.getMessage(), e);
    } catch (IOException e) {
      tar.close();
      var other = written.handle((_, failure) -> failure).join();
      if (other != null) {
        e.addSuppressed(other);
      }
      throw new IOException("lazy layer: " + e.getMessage() + " / " + other, e);
    }
  }

  private static void feed(
      Iterable<TreeEntry> entries, Pipe.SinkChannel sink, CompletableFuture<Void> written) {
    try (var writer =
        new TarWriter(new BufferedOutputStream(Channels.newOutputStream(sink), BUFFER))) {
      for (var entry : entries) {
        writer.write(entry);
      }
    } catch (IOException | RuntimeException e) {
      written.completeExceptionally(e);
      return;
    }
    written.complete(null);
  }

  private static LayoutLayer layer(BuiltLayer built) {
    var descriptor =
        new BlobDescriptor(
            built.mediaType(), built.digest().toString(), built.size(), built.annotations());
    return new LayoutLayer(descriptor, built.diffId().toString(), built.uncompressedSize());
  }
}
