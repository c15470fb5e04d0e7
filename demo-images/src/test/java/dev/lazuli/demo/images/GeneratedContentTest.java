package dev.lazuli.demo.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

final class GeneratedContentTest {
  @Test
  void anyPart_isThatPartOfTheWhole() throws Exception {
    var content = FileContent.generated(100_003, 5).compressible(3);
    var whole = content.open().readAllBytes();
    var random = new Random(1);

    assertThat(whole).hasSize(100_003);
    for (var i = 0; i < 1000; i++) {
      var from = random.nextInt(whole.length);
      var part = ByteBuffer.allocate(random.nextInt(Math.min(9000, whole.length - from)));
      content.read(from, part);
      assertThat(part.array()).isEqualTo(Arrays.copyOfRange(whole, from, from + part.capacity()));
    }
  }

  @Test
  void read_behindTheEnd_isRefused() {
    var content = FileContent.generated(10, 1);

    assertThatThrownBy(() -> content.read(5, ByteBuffer.allocate(6)))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void seeds_giveDifferentBytes() throws Exception {
    assertThat(FileContent.generated(64, 1).open().readAllBytes())
        .isNotEqualTo(FileContent.generated(64, 2).open().readAllBytes());
  }

  @Test
  void compressibility_isAsPromised() throws Exception {
    assertThat(gzipped(FileContent.generated(1 << 20, 1))).isGreaterThan(1 << 20);
    assertThat(gzipped(FileContent.generated(1 << 20, 1).compressible(256))).isLessThan(16 << 10);
  }

  private static int gzipped(GeneratedContent content) throws Exception {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes);
        var in = content.open()) {
      in.transferTo(gzip);
    }
    return bytes.size();
  }
}
