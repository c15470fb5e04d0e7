package dev.lazuli.estargz.build;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.footer.FooterBytes;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.estargz.tar.TarBlocks;
import java.io.IOException;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Writes what follows the payload: TOC and footer. */
final class BlobEnd {
  static final String TOC_NAME = "stargz.index.json";
  private static final String GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
  private static final String ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";

  private final LayerAssembler layer;
  private final TocJson toc;
  private final BlobOutput out;
  private final StreamCompressor compressor;
  private final Optional<String> unprioritized;

  BlobEnd(
      LayerAssembler layer,
      TocJson toc,
      BlobOutput out,
      StreamCompressor compressor,
      Optional<String> unprioritized) {
    this.layer = layer;
    this.toc = toc;
    this.out = out;
    this.compressor = compressor;
    this.unprioritized = unprioritized;
  }

  /** Ends an eStargz layer: the TOC is the last entry of its tar. */
  BuiltLayer estargz() throws IOException {
    var tocOffset = out.count();
    writeTocTar(out, layer::noteTar);
    out.write(FooterBytes.estargz(tocOffset));
    return built(GZIP, Map.of(), Optional.empty());
  }

  /** Ends a layer whose TOC goes to another blob. */
  BuiltLayer externalToc(BlobOutput tocBlob) throws IOException {
    var tar = Digest.newSha256();
    writeTocTar(tocBlob, tar::update);
    out.write(FooterBytes.externalToc());
    var external =
        new BuiltLayer.ExternalToc(
            tocBlob.digest(), tocBlob.count(), Digest.ofSha256(tar.digest()));
    return built(GZIP, Map.of(), Optional.of(external));
  }

  private void writeTocTar(OutputStream to, TocMember.Listener listener) throws IOException {
    var member = new TocMember(compressor, to, listener);
    member.write(TarBlocks.header(TOC_NAME, toc.size()));
    toc.writeTo(member);
    member.write(new byte[TarBlocks.padding(toc.size()) + TarBlocks.END_BYTES]);
    member.finish();
  }

  /** Ends a zstd:chunked layer: TOC and footer are in frames that a plain decoder skips. */
  BuiltLayer zstdChunked() throws IOException {
    var frame = new ByteSink();
    var member = new TocMember(compressor, frame, (bytes, offset, length) -> {});
    toc.writeTo(member);
    member.finish();
    out.write(FooterBytes.skippableFrameHeader(frame.length()));
    var tocOffset = out.count();
    var compressed = new BlobOutput(out);
    frame.writeTo(compressed);
    out.write(FooterBytes.zstdChunked(tocOffset, frame.length(), toc.size()));
    var position = tocOffset + ":" + frame.length() + ":" + toc.size() + ":1";
    var checksum = compressed.digest().toString();
    return built(
        ZSTD,
        Map.of(Annotations.STARGZ_CHECKSUM, checksum, Annotations.STARGZ_POSITION, position),
        Optional.empty());
  }

  private BuiltLayer built(
      String mediaType, Map<String, String> more, Optional<BuiltLayer.ExternalToc> external) {
    var tocDigest = toc.digest();
    var annotations = new HashMap<>(more);
    annotations.put(Annotations.TOC_DIGEST, tocDigest.toString());
    annotations.put(Annotations.UNCOMPRESSED_SIZE, Long.toString(layer.tarBytes()));
    return new BuiltLayer(
        out.digest(),
        out.count(),
        layer.diffId(),
        layer.tarBytes(),
        tocDigest,
        mediaType,
        annotations,
        external,
        unprioritized);
  }
}
