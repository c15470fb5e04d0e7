package dev.lazuli.snapshotter.e2e.trust;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.estargz.tar.TarBlocks;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.HashMap;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Gives an eStargz layer another table of contents, and all digests that it then needs. */
public final class LyingTable {
  private static final int FOOTER_BYTES = 51;

  /** Where the footer has the table's offset, in 16 hexadecimal digits. */
  private static final int OFFSET_AT = 16;

  /**
   * Adds the layer to its layout.
   *
   * @param change returns another text for the table's JSON
   */
  public static LayoutLayer of(OciLayout layout, LayoutLayer honest, UnaryOperator<String> change)
      throws IOException {
    var blob = Files.readAllBytes(layout.blob(honest.descriptor().digest()));
    int end = blob.length - FOOTER_BYTES;
    int toc = Integer.parseInt(new String(blob, end + OFFSET_AT, 16, ISO_8859_1), 16);
    var member = unzipped(Arrays.copyOfRange(blob, toc, end));
    int size = Integer.parseInt(new String(member, 124, 11, ISO_8859_1), 8);
    var text = new String(member, 512, size, UTF_8);
    var json = change.apply(text).getBytes(UTF_8);
    assertThat(new String(json, UTF_8)).isNotEqualTo(text);

    var lying = new ByteArrayOutputStream();
    lying.write(blob, 0, toc);
    lying.writeBytes(zipped(json));
    lying.write(blob, end, FOOTER_BYTES);
    var bytes = lying.toByteArray();
    var annotations = new HashMap<>(honest.descriptor().annotations());
    annotations.put(Annotations.TOC_DIGEST, digest(json));
    var descriptor =
        layout.addBlob(honest.descriptor().mediaType(), bytes).withAnnotations(annotations);
    var tar = unzipped(bytes);
    return new LayoutLayer(descriptor, digest(tar), tar.length);
  }

  /** Gives the entry of a file in the table the mode 04755. */
  public static String withSetuidWord(String table) {
    int entry = table.indexOf("\"name\": \"word\"");
    int mode = table.indexOf("\"mode\"", entry);
    int end = table.indexOf('\n', mode);
    return table.substring(0, mode) + "\"mode\": 2541," + table.substring(end);
  }

  private static byte[] zipped(byte[] json) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(TarBlocks.header("stargz.index.json", json.length));
      gzip.write(json);
      gzip.write(new byte[TarBlocks.padding(json.length) + TarBlocks.END_BYTES]);
    }
    return bytes.toByteArray();
  }

  private static byte[] unzipped(byte[] bytes) throws IOException {
    return new GZIPInputStream(new ByteArrayInputStream(bytes)).readAllBytes();
  }

  private static String digest(byte[] bytes) {
    return Digest.sha256(bytes).toString();
  }

  private LyingTable() {}
}
