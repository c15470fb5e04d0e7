package dev.lazuli.estargz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.build.BuiltLayer;
import dev.lazuli.estargz.build.EstargzBuilder;
import dev.lazuli.estargz.build.SampleTar;
import dev.lazuli.estargz.read.LayerOpener;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.estargz.read.TocPosition;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RoundTripTest {
  private static final BuildOptions FAST = BuildOptions.ESTARGZ.withLevel(1).withThreads(2);

  record Built(BuiltLayer layer, MemoryBlob blob, MemoryBlob toc) {}

  static Stream<BuildOptions> options() {
    return Stream.of(
        FAST,
        FAST.withChunks(4096, 0),
        FAST.withChunks(64 << 10, 20_000),
        FAST.withChunks(1 << 20, 1 << 20),
        FAST.withPrioritized(List.of("bin/same", "/etc/hostname"), false),
        FAST.withFormat(LayerFormat.ZSTD_CHUNKED),
        FAST.withFormat(LayerFormat.ZSTD_CHUNKED).withChunks(64 << 10, 20_000),
        FAST.withFormat(LayerFormat.ESTARGZ_EXTERNAL_TOC),
        FAST.withFormat(LayerFormat.ESTARGZ_EXTERNAL_TOC).keepingDiffId());
  }

  @ParameterizedTest
  @MethodSource("options")
  void whatIsBuilt_opensAndDecodesToTheSameFiles(BuildOptions options) throws IOException {
    var sample = SampleTar.rich();
    var built = build(options, sample.bytes());
    var blob = built.blob();

    try (var opener = new LayerOpener(Limits.DEFAULT);
        var index = opener.open(request(built, blob))) {
      var files = decodeAll(index, blob);

      assertThat(files).containsOnlyKeys(withoutWhiteouts(sample.files()).keySet());
      withoutWhiteouts(sample.files())
          .forEach((name, content) -> assertThat(files.get(name)).as(name).isEqualTo(content));
      assertThat(index.format()).isEqualTo(options.format());
      assertThat(Digest.ofSha256(index.tocDigest())).isEqualTo(built.layer().tocDigest());
    }
  }

  private static Map<String, byte[]> withoutWhiteouts(Map<String, byte[]> files) {
    var rest = new HashMap<>(files);
    rest.remove("opt/.wh.gone");
    rest.put("bin/same", rest.get("bin/tool"));
    return rest;
  }

  @ParameterizedTest
  @MethodSource("options")
  void theBlob_doesNotDependOnTheNumberOfThreads(BuildOptions options) throws IOException {
    var tar = SampleTar.rich().bytes();

    assertThat(build(options.withThreads(1), tar).blob().bytes())
        .isEqualTo(build(options.withThreads(5), tar).blob().bytes());
  }

  @Test
  void attributes_surviveTheWay() throws IOException {
    var built = build(FAST, SampleTar.rich().bytes());
    try (var opener = new LayerOpener(Limits.DEFAULT);
        var index = opener.open(request(built, built.blob()))) {
      var tool = find(index, "bin/same");

      assertThat(index.mode(tool)).isEqualTo(0104755);
      assertThat(index.uid(tool)).isEqualTo(1000);
      assertThat(index.gid(tool)).isEqualTo(70_000);
      assertThat(index.linkCount(tool)).isEqualTo(2);
      assertThat(index.mode(find(index, "opt/gone"))).isEqualTo(0020000);
      assertThat(index.prefetchEnd()).isZero();
    }
  }

  @Test
  void prioritisedFiles_lieBeforeTheLandmark() throws IOException {
    var options = FAST.withPrioritized(List.of("/bin/same", "missing"), true);
    var built = build(options, SampleTar.rich().bytes());
    try (var opener = new LayerOpener(Limits.DEFAULT);
        var index = opener.open(request(built, built.blob()))) {
      assertThat(index.dataOffset(find(index, "bin/tool"))).isZero();
      assertThat(index.prefetchEnd()).isBetween(150_000L, 160_000L);
    }
  }

  @Test
  void aKeptDiffId_isThatOfTheInput() throws IOException {
    var tar = SampleTar.rich().bytes();
    var options = FAST.withFormat(LayerFormat.ESTARGZ_EXTERNAL_TOC).keepingDiffId();

    var sha256 = Digest.newSha256().digest(tar);
    assertThat(build(options, tar).layer().diffId()).isEqualTo(Digest.ofSha256(sha256));
  }

  @Test
  void anAnnotatedPosition_savesTheFooter() throws IOException {
    var built = build(FAST.withFormat(LayerFormat.ZSTD_CHUNKED), SampleTar.rich().bytes());
    var blob = built.blob();
    var annotations = built.layer().annotations();
    var trustless = new HashMap<>(annotations);
    trustless.remove("containerd.io/snapshot/stargz/toc.digest");
    var request =
        OpenRequest.of("test", blob, TocTrust.fromAnnotations(trustless).orElseThrow())
            .at(TocPosition.fromAnnotations(annotations));

    try (var opener = new LayerOpener(Limits.DEFAULT);
        var index = opener.open(request)) {
      assertThat(request.trust()).isInstanceOf(TocTrust.Compressed.class);
      assertThat(find(index, "last")).isPositive();
      assertThat(blob.requests).hasSize(1);
    }
  }

  static Built build(BuildOptions options, byte[] tar) throws IOException {
    var blob = new ByteArrayOutputStream();
    var toc = new ByteArrayOutputStream();
    var layer = new EstargzBuilder(options).build(new ByteArrayInputStream(tar), blob, toc);
    assertThat(layer.size()).isEqualTo(blob.size());
    return new Built(layer, new MemoryBlob(blob.toByteArray()), new MemoryBlob(toc.toByteArray()));
  }

  private static OpenRequest request(Built built, BlobSource blob) {
    var trust = TocTrust.fromAnnotations(built.layer().annotations()).orElseThrow();
    var request = OpenRequest.of("test", blob, trust);
    return built.layer().externalToc().isPresent() ? request.withExternalToc(built.toc()) : request;
  }

  private static Map<String, byte[]> decodeAll(LayerIndex index, BlobSource blob)
      throws IOException {
    var data = LayerTree.decode(index, blob);
    var files = new HashMap<String, byte[]>();
    collect(index, 0, "", data, files);
    return files;
  }

  private static void collect(
      LayerIndex index, int directory, String path, byte[] data, Map<String, byte[]> into) {
    index.forEachChild(
        directory,
        (name, inode) -> {
          var child = path + UTF_8.decode(name.asByteBuffer());
          if ((index.mode(inode) & 0xf000) == 0x8000) {
            var from = (int) Math.max(0, index.dataOffset(inode));
            var content = Arrays.copyOfRange(data, from, from + (int) index.size(inode));
            into.put(child, content);
          }
          collect(index, inode, child + "/", data, into);
        });
  }

  private static int find(LayerIndex index, String path) {
    var names = new HashMap<String, Integer>();
    for (int directory = 0; directory < index.inodeCount(); directory++) {
      var parent = index.path(directory);
      index.forEachChild(
          directory,
          (name, inode) -> {
            var child = UTF_8.decode(name.asByteBuffer());
            names.put(parent.isEmpty() ? child.toString() : parent + "/" + child, inode);
          });
    }
    return names.getOrDefault(path, -1);
  }
}
