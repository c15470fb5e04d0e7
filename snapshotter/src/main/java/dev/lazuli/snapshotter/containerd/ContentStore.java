package dev.lazuli.snapshotter.containerd;

import com.google.protobuf.ByteString;
import com.google.protobuf.FieldMask;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.snapshotter.api.content.ContentGrpc;
import dev.lazuli.snapshotter.api.content.Info;
import dev.lazuli.snapshotter.api.content.InfoRequest;
import dev.lazuli.snapshotter.api.content.ReadRequest;
import dev.lazuli.snapshotter.api.content.UpdateRequest;
import dev.lazuli.snapshotter.api.content.WriteAction;
import dev.lazuli.snapshotter.api.content.WriteRequest;
import dev.lazuli.snapshotter.api.content.WriteResponse;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** containerd's content store. Blobs are checked there against their digest and size. */
final class ContentStore {
  // Well below containerd's limit of 16 MiB for a message; the memory that one download takes.
  private static final int PIECE_BYTES = 1 << 20;
  private static final int MAX_DOCUMENT_BYTES = 8 << 20;
  private static final Duration ANSWER_LIMIT = Duration.ofMinutes(1);
  private static final Duration WRITER_POLL = Duration.ofMillis(100);

  /** Longer than containerd takes to restart. */
  private static final Duration AWAY_LIMIT = Duration.ofSeconds(30);

  /** How long another client may take for the same blob. */
  private static final Duration LOCKED_LIMIT = Duration.ofMinutes(30);

  private final ContentGrpc.ContentBlockingV2Stub content;

  ContentStore(Session session) {
    this.content = ContentGrpc.newBlockingV2Stub(session.channel());
  }

  /** Stores bytes that are at hand, if they are not there; either way they bear the labels then. */
  void store(String kind, Descriptor blob, byte[] bytes, Map<String, String> labels)
      throws IOException, InterruptedException {
    store(kind, blob, new BytesSource(bytes), labels, _ -> {});
  }

  /**
   * Stores a blob, if it is not there; either way it bears the labels then. What an earlier attempt
   * left is carried on with; while another client writes the same blob, its end is waited for.
   *
   * @param progress is told how many bytes of the blob are there
   */
  void store(
      String kind,
      Descriptor blob,
      BlobSource source,
      Map<String, String> labels,
      LongConsumer progress)
      throws IOException, InterruptedException {
    long began = System.nanoTime();
    while (true) {
      long attempt = System.nanoTime();
      try {
        write(kind + "-" + blob.digest(), blob, source, labels, progress);
        return;
      } catch (StatusException e) {
        switch (e.getStatus().getCode()) {
          case ALREADY_EXISTS -> {
            label(blob.digest(), labels);
            progress.accept(blob.size());
            return;
          }
          case UNAVAILABLE, ABORTED -> {
            var limit = isLocked(e) ? LOCKED_LIMIT : AWAY_LIMIT;
            if (System.nanoTime() - attempt > limit.toNanos() / 2) {
              began = System.nanoTime(); // It went on for a while in between.
            }
            if (System.nanoTime() - began > limit.toNanos()) {
              throw new ContainerdException(
                  "store %s, tried for %d s".formatted(blob.digest(), limit.toSeconds()), e);
            }
            Thread.sleep(WRITER_POLL);
          }
          default -> throw new ContainerdException("store " + blob.digest(), e);
        }
      }
    }
  }

  /** Returns whether the name of the write is locked by another client. */
  private static boolean isLocked(StatusException e) {
    var description = e.getStatus().getDescription();
    return description != null && description.contains("locked");
  }

  /** Adds labels to a blob that is there. */
  void label(Digest blob, Map<String, String> labels) throws ContainerdException {
    if (labels.isEmpty()) {
      return;
    }
    var mask = FieldMask.newBuilder();
    labels.keySet().forEach(key -> mask.addPaths("labels." + key));
    var info = Info.newBuilder().setDigest(blob.toString()).putAllLabels(labels);
    var request = UpdateRequest.newBuilder().setInfo(info).setUpdateMask(mask).build();
    var _ = Session.call("label " + blob, () -> content.update(request));
  }

  /** Returns the labels of a blob; empty if it is not there. */
  Optional<Map<String, String>> labels(Digest blob) throws ContainerdException {
    var request = InfoRequest.newBuilder().setDigest(blob.toString()).build();
    return Session.callUnless(
            Status.Code.NOT_FOUND, "look for " + blob, () -> content.info(request))
        .map(found -> found.getInfo().getLabelsMap());
  }

  /**
   * Returns a document; empty if it is not there.
   *
   * @throws IOException also if it is larger than any manifest may be
   */
  Optional<byte[]> read(Digest document) throws IOException {
    var request = ReadRequest.newBuilder().setDigest(document.toString()).build();
    var all = ByteString.newOutput();
    var call = content.read(request);
    try {
      for (var piece = call.read(); piece != null; piece = call.read()) {
        if (all.size() + piece.getData().size() > MAX_DOCUMENT_BYTES) {
          throw new IOException(document + " is larger than " + MAX_DOCUMENT_BYTES + " bytes");
        }
        piece.getData().writeTo(all);
      }
      return Optional.of(all.toByteString().toByteArray());
    } catch (StatusException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw new ContainerdException("read " + document, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while reading " + document);
    } finally {
      call.cancel("done", null);
    }
  }

  private void write(
      String ref,
      Descriptor blob,
      BlobSource source,
      Map<String, String> labels,
      LongConsumer progress)
      throws IOException, InterruptedException, StatusException {
    var call = content.write();
    try {
      var request =
          WriteRequest.newBuilder()
              .setRef(ref)
              .setTotal(blob.size())
              .setExpected(blob.digest().toString());
      long offset = exchange(call, request.clone().setAction(WriteAction.STAT).build()).getOffset();
      if (offset < blob.size()) {
        copy(call, ref, source, offset, blob.size(), progress);
      }
      var commit =
          request.setAction(WriteAction.COMMIT).setOffset(blob.size()).putAllLabels(labels).build();
      var _ = exchange(call, commit);
      call.halfClose();
    } finally {
      call.cancel("done", null);
    }
  }

  private static void copy(
      BlockingClientCall<WriteRequest, WriteResponse> call,
      String ref,
      BlobSource source,
      long start,
      long end,
      LongConsumer progress)
      throws IOException, InterruptedException, StatusException {
    long offset = start;
    try (var stream = source.open(start, end - start)) {
      for (var piece = read(stream); !piece.isEmpty(); piece = read(stream)) {
        var write =
            WriteRequest.newBuilder()
                .setAction(WriteAction.WRITE)
                .setRef(ref)
                .setOffset(offset)
                .setData(piece)
                .build();
        var _ = exchange(call, write);
        offset += piece.size();
        progress.accept(offset);
      }
    }
  }

  /** Returns the next bytes, about {@link #PIECE_BYTES}; empty at the end. */
  private static ByteString read(BlobStream stream) throws IOException {
    var piece = ByteString.newOutput(PIECE_BYTES);
    var copy = new byte[8192];
    while (piece.size() < PIECE_BYTES) {
      ByteBuffer lent = stream.next();
      if (lent == null) {
        break;
      }
      while (lent.hasRemaining()) {
        int length = Math.min(copy.length, lent.remaining());
        lent.get(copy, 0, length);
        piece.write(copy, 0, length);
      }
    }
    return piece.toByteString();
  }

  private static WriteResponse exchange(
      BlockingClientCall<WriteRequest, WriteResponse> call, WriteRequest request)
      throws InterruptedException, StatusException {
    // A write that is refused ends the call; the answer below says why.
    var _ = call.write(request);
    try {
      var response = call.read(ANSWER_LIMIT.toSeconds(), TimeUnit.SECONDS);
      if (response == null) {
        throw Status.DATA_LOSS.withDescription("the store ended the write early").asException();
      }
      return response;
    } catch (TimeoutException e) {
      throw Status.DEADLINE_EXCEEDED
          .withDescription("no answer within " + ANSWER_LIMIT)
          .withCause(e)
          .asException();
    }
  }

  /** Bytes that are at hand, as a source of one piece. */
  private record BytesSource(ByteString bytes) implements BlobSource {
    BytesSource(byte[] bytes) {
      this(ByteString.copyFrom(bytes));
    }

    @Override
    public long size() {
      return bytes.size();
    }

    @Override
    public BlobStream open(long offset, long length) {
      var range = bytes.substring((int) offset, (int) (offset + length)).asReadOnlyByteBuffer();
      return new BlobStream() {
        @Override
        public @Nullable ByteBuffer next() {
          return range.hasRemaining() ? range : null;
        }

        @Override
        public void close() {}
      };
    }
  }
}
