package dev.lazuli.testimages.registry;

import dev.lazuli.demo.registry.Digests;
import dev.lazuli.demo.registry.OpenBlobFile;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Blobs being pushed, each in a file of the registry's own directory. Confined to the event loop.
 */
final class Uploads implements AutoCloseable {
  private final Path directory;
  private final Map<String, Upload> sessions = new HashMap<>();

  Uploads(Path directory) {
    this.directory = directory;
  }

  Upload start() throws IOException {
    var upload = new Upload(directory.resolve(UUID.randomUUID().toString()));
    sessions.put(upload.session(), upload);
    return upload;
  }

  Optional<Upload> find(String session) {
    return Optional.ofNullable(sessions.get(session));
  }

  /** Ends an upload and returns its blob, if its digest is the one expected. */
  Optional<OpenBlobFile> finish(Upload upload, String digest) throws IOException {
    sessions.remove(upload.session());
    upload.channel.close();
    return Digests.format(upload.hash.digest()).equals(digest)
        ? Optional.of(new OpenBlobFile(upload.file))
        : Optional.empty();
  }

  @Override
  public void close() throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    for (var upload : sessions.values()) {
      upload.channel.close();
    }
    try (var files = Files.newDirectoryStream(directory)) {
      for (var file : files) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }

  /** One blob being pushed. */
  static final class Upload {
    private final Path file;
    private final FileChannel channel;
    private final MessageDigest hash = Digests.sha256();
    private long size;

    private Upload(Path file) throws IOException {
      this.file = file;
      this.channel =
          FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    String session() {
      return file.getFileName().toString();
    }

    long size() {
      return size;
    }

    void append(ByteBuf content) throws IOException {
      hash.update(content.nioBuffer());
      size += content.readableBytes();
      for (var left = content.nioBuffer(); left.hasRemaining(); ) {
        channel.write(left);
      }
    }
  }
}
