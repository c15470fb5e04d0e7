package dev.lazuli.estargz.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.toc.LayerFacts;
import dev.lazuli.estargz.toc.LayerIndexBuilder;
import dev.lazuli.estargz.toc.OpaqueXattr;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Indexing a table of contents of 5,000 files, against only looking at all of its JSON. */
@State(Scope.Thread)
public class TocGate {
  private static final int FILES = 5000;
  private static final LayerFacts FACTS =
      new LayerFacts(
          LayerFormat.ESTARGZ,
          Digest.ofSha256(new byte[32]),
          Digest.ofSha256(new byte[32]),
          Long.MAX_VALUE,
          true);

  private final byte[] json = json();
  private final JsonFactory factory = new JsonFactory();

  private static byte[] json() {
    var text = new StringBuilder("{\"version\":1,\"entries\":[{\"name\":\"d\",\"type\":\"dir\"}");
    for (int i = 1; i <= FILES; i++) {
      text.append(",{\"name\":\"d/file").append(i).append("\",\"type\":\"reg\",\"size\":1234");
      text.append(",\"mode\":420,\"modtime\":\"2024-01-01T00:00:00Z\",\"offset\":")
          .append(1000L * i);
      text.append(",\"chunkDigest\":\"sha256:").repeat("0", 56);
      text.append(Integer.toHexString(0x1000_0000 + i)).append("\"}");
    }
    return text.append("]}").toString().getBytes(UTF_8);
  }

  /** Makes the index. */
  @Benchmark
  public int ours() throws IOException {
    try (var builder = new LayerIndexBuilder("gate", Limits.DEFAULT, OpaqueXattr.TRUSTED)) {
      builder.read(new ByteArrayInputStream(json));
      try (var index = builder.build(FACTS)) {
        return index.inodeCount();
      }
    }
  }

  /** Goes through the tokens, and looks at each text. */
  @Benchmark
  public long plain() {
    long length = 0;
    try (JsonParser parser =
        factory.createParser(ObjectReadContext.empty(), new ByteArrayInputStream(json))) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        length += token == JsonToken.VALUE_STRING ? parser.getStringLength() : 1;
      }
    }
    return length;
  }
}
