package dev.lazuli.snapshotter.e2e.images;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.index.IndexFacts;
import dev.lazuli.estargz.index.PackedHeaders;
import dev.lazuli.estargz.index.UnpackedHeaders;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Changes a shared index, as somebody would who can write where nodes look for indexes. */
final class LyingIndex {
  private static final int MODE_AT = 100;
  private static final int CHECKSUM_AT = 148;
  private static final int BLOCK = 512;
  private static final int PACKED_HEADERS_AT = 80;

  private LyingIndex() {}

  /** Gives a file of the tar the mode 04755. */
  static byte[] withSetuid(byte[] index, String name) throws IOException {
    return withHeaders(
        index,
        headers -> {
          int at = headerOf(headers, name);
          put(headers, at + MODE_AT, "0004755\0");
          put(headers, at + CHECKSUM_AT, "        ");
          int sum = 0;
          for (int i = 0; i < BLOCK; i++) {
            sum += headers[at + i] & 0xff;
          }
          put(headers, at + CHECKSUM_AT, "%06o\0 ".formatted(sum));
          return headers;
        });
  }

  private static int headerOf(byte[] headers, String name) {
    byte[] wanted = (name + "\0").getBytes(US_ASCII);
    for (int at = 0; at < headers.length; at += BLOCK) {
      if (Arrays.equals(wanted, Arrays.copyOfRange(headers, at, at + wanted.length))) {
        return at;
      }
    }
    throw new AssertionError("no header of " + name);
  }

  private static void put(byte[] bytes, int at, String text) {
    byte[] ascii = text.getBytes(US_ASCII);
    System.arraycopy(ascii, 0, bytes, at, ascii.length);
  }

  private static byte[] withHeaders(byte[] index, UnaryOperator<byte[]> change) throws IOException {
    var facts = facts(index);
    int end = IndexFacts.BYTES + (int) facts.packedHeadersBytes();
    var in = new ByteArrayInputStream(index, IndexFacts.BYTES, end - IndexFacts.BYTES);
    byte[] headers = new UnpackedHeaders(in, "test").readAllBytes();
    var packed = new ByteArrayOutputStream();
    var out = new PackedHeaders(packed);
    out.write(change.apply(headers));
    out.finish();
    var lying = new ByteArrayOutputStream();
    lying.write(index, 0, IndexFacts.BYTES);
    lying.writeBytes(packed.toByteArray());
    lying.write(index, end, index.length - end);
    byte[] bytes = lying.toByteArray();
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(PACKED_HEADERS_AT, packed.size());
    return bytes;
  }

  /** Gives all chunks digests of other content. */
  static byte[] withOtherDigests(byte[] index) throws IOException {
    var facts = facts(index);
    byte[] lying = index.clone();
    int at = (int) (IndexFacts.BYTES + facts.packedHeadersBytes() + facts.packedEndsBytes());
    for (long chunk = 0; chunk < facts.chunks(); chunk++, at += Digest.SHA256_BYTES) {
      lying[at] ^= 1;
    }
    return lying;
  }

  private static IndexFacts facts(byte[] index) throws IOException {
    return IndexFacts.of(index, index.length, "test");
  }

  /**
   * Changes the index in an OCI layout that has the indexes of one image.
   *
   * @param layer whose index to change
   * @return the new layout's manifest
   */
  static byte[] change(Path layout, String manifest, String layer, Change change, BlobTaker blobs)
      throws IOException {
    var text = Files.readString(blob(layout, manifest));
    var document = JsonMapper.shared().readTree(text);
    boolean found = false;
    for (var entry : document.get("layers")) {
      var digest = entry.get("digest").stringValue();
      byte[] bytes = Files.readAllBytes(blob(layout, digest));
      if (entry.get("annotations").get("dev.lazuli.index.layer").stringValue().equals(layer)) {
        found = true;
        bytes = change.of(bytes);
        ((ObjectNode) entry)
            .put("digest", Digest.sha256(bytes).toString())
            .put("size", bytes.length);
      }
      blobs.take(bytes);
    }
    assertThat(found).isTrue();
    blobs.take("{}".getBytes(US_ASCII));
    return JsonMapper.shared().writeValueAsBytes(document);
  }

  /** Makes another index of one. */
  interface Change {
    byte[] of(byte[] index) throws IOException;
  }

  /** Takes the blobs of an artifact. */
  interface BlobTaker {
    void take(byte[] blob) throws IOException;
  }

  private static Path blob(Path layout, String digest) {
    return layout.resolve("blobs").resolve(digest.replace(':', '/'));
  }
}
