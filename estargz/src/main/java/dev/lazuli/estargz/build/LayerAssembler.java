package dev.lazuli.estargz.build;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.tar.EntryType;
import dev.lazuli.estargz.tar.RawBlocks;
import dev.lazuli.estargz.tar.TarBlocks;
import dev.lazuli.estargz.tar.TarEntry;
import dev.lazuli.estargz.tar.TarReader;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts tar entries into segments, chunk after chunk, and their facts into the TOC in the same
 * order, once their segments lie in the blob.
 */
final class LayerAssembler {
  /** Where a segment is full: large enough to keep threads busy, small next to a chunk. */
  private static final int SEGMENT_BYTES = 1 << 20;

  /** What a landmark holds. */
  private static final byte LANDMARK_CONTENT = 0x0f;

  private final BuildOptions options;
  private final SegmentPipeline pipeline;
  private final TocJson toc;
  private final MessageDigest diffId = Digest.newSha256();
  private final MessageDigest fileDigest = Digest.newSha256();
  private final ArrayDeque<TocFile> pending = new ArrayDeque<>();
  private final int segmentBytes;
  private Segment segment = new Segment();
  private long tarBytes;
  private boolean isFirst = true;

  LayerAssembler(BuildOptions options, SegmentPipeline pipeline, TocJson toc) {
    this.options = options;
    this.pipeline = pipeline;
    this.toc = toc;
    segmentBytes = Math.max(SEGMENT_BYTES, 8 * options.minChunkBytes());
  }

  /** Adds an entry with the content that the tar holds behind its header. */
  void add(TarEntry entry, TarReader tar) throws IOException {
    var file = start(entry, entry.header().bytes());
    for (long at = 0; at < entry.size(); ) {
      var size = (int) Math.min(options.chunkBytes(), entry.size() - at);
      var to = startChunk(file, at, size, false);
      tar.readContent(segment.bytes(), to, size);
      digestContent(to, size);
      at += size;
    }
    addPadding(tar.readPadding(), TarBlocks.padding(entry.size()));
    end(file);
  }

  /**
   * Adds the padding that was found, and what is missing of it unless the tar must stay as it is.
   */
  private void addPadding(byte[] found, int whole) {
    var size = options.diffIdKept() ? found.length : whole;
    var to = segment.extend(size);
    System.arraycopy(Arrays.copyOf(found, size), 0, segment.bytes(), to, size);
    digestTar(to, size);
  }

  /** Adds a landmark: a file of one byte that starts a stream of its own. */
  void addLandmark(String name) throws IOException {
    var header = TarBlocks.header(name, 1);
    var entry =
        new TarEntry(
            new RawBlocks(header),
            name,
            EntryType.REGULAR,
            1,
            0,
            0,
            0,
            "",
            "",
            0,
            0,
            "",
            0,
            0,
            Map.of());
    var file = start(entry, header);
    var to = startChunk(file, 0, 1, true);
    segment.bytes()[to] = LANDMARK_CONTENT;
    digestContent(to, 1);
    addRaw(new byte[TarBlocks.padding(1)]);
    end(file);
  }

  /** Adds bytes of the tar that belong to no entry. */
  void addRaw(byte[] bytes) throws IOException {
    cutIfFull();
    var to = segment.extend(bytes.length);
    System.arraycopy(bytes, 0, segment.bytes(), to, bytes.length);
    digestTar(to, bytes.length);
  }

  private TocFile start(TarEntry entry, byte[] header) throws IOException {
    addRaw(header);
    fileDigest.reset();
    var file = new TocFile(entry);
    pending.add(file);
    return file;
  }

  private int startChunk(TocFile file, long at, int size, boolean ownStream) throws IOException {
    cutIfFull();
    var chunk = new TocFile.Chunk(at, size);
    file.chunks.add(chunk);
    var to = segment.extend(size);
    // A chunk at offset 0 of the blob would have no place: the TOC leaves zeros out.
    segment.marks.add(new Segment.Mark(to, chunk, ownStream || isFirst));
    isFirst = false;
    return to;
  }

  private void end(TocFile file) throws IOException {
    file.digest = "sha256:" + HexFormat.of().formatHex(fileDigest.digest());
    writePending();
  }

  private void digestContent(int at, int size) {
    fileDigest.update(segment.bytes(), at, size);
    digestTar(at, size);
  }

  private void digestTar(int at, int size) {
    diffId.update(segment.bytes(), at, size);
    tarBytes += size;
  }

  private void cutIfFull() throws IOException {
    if (segment.length() >= segmentBytes) {
      segment = pipeline.submit(segment);
      writePending();
    }
  }

  private void writePending() throws IOException {
    for (TocFile file; (file = complete()) != null; ) {
      toc.write(file);
      pending.remove();
    }
  }

  private @Nullable TocFile complete() {
    var file = pending.peek();
    return file != null && file.isComplete() ? file : null;
  }

  /** Writes what is left of the payload; the TOC then has all entries. */
  void finish() throws IOException {
    if (segment.length() > 0) {
      segment = pipeline.submit(segment);
    }
    pipeline.flush();
    writePending();
    toc.finish();
  }

  /** Counts bytes of the tar that are compressed elsewhere. */
  void noteTar(byte[] bytes, int offset, int length) {
    diffId.update(bytes, offset, length);
    tarBytes += length;
  }

  /** Returns the digest of the whole tar; once. */
  Digest diffId() {
    return Digest.ofSha256(diffId.digest());
  }

  long tarBytes() {
    return tarBytes;
  }
}
