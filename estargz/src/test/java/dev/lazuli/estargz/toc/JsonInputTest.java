package dev.lazuli.estargz.toc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.toc.JsonInput.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** What is JSON and what a value means is what Jackson, another reader, says. */
final class JsonInputTest {
  private static final int DEPTH = 8;
  private static final int MOST_BYTES = 100;
  private static final JsonFactory JACKSON = new JsonFactory();

  /** Gives a few bytes at a time, so that values cross the ends of what was read ahead. */
  private static final class Trickle extends InputStream {
    private final InputStream in;
    private final int step;

    Trickle(byte[] bytes, int step) {
      this.in = new ByteArrayInputStream(bytes);
      this.step = step;
    }

    @Override
    public int read() throws IOException {
      return in.read();
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      return in.read(into, offset, Math.min(length, step));
    }
  }

  private static JsonInput input(String json, int step) {
    return new JsonInput("test", new Trickle(json.getBytes(UTF_8), step), DEPTH, MOST_BYTES);
  }

  private static boolean accepts(String json, int step) throws IOException {
    try {
      var input = input(json, step);
      input.skip();
      input.end();
      return true;
    } catch (LayerFormatException e) {
      return false;
    }
  }

  private static boolean jacksonAccepts(String json) {
    try (var parser = JACKSON.createParser(ObjectReadContext.empty(), json.getBytes(UTF_8))) {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      parser.finishToken();
      return parser.nextToken() == null;
    } catch (JacksonException e) {
      return false;
    }
  }

  private static final List<String> TEXTS =
      List.of(
          "{\"a\":1,\"b\":[true,false,null,-0,0.5,-1.25e+3,1E9,{}],\"c\":{\"d\":\"x\"}}",
          " [ 1 , \"\\u00e9\\n\\\\\\/\\\"\" ,\t[ ] ,\r\n{ } ] ",
          "\"\\ud83d\\ude00 \\b\\f\\r\\t\"",
          "-9223372036854775808",
          "{\"\":\"\",\"e\":[[],[[]]]}");

  @Test
  void texts_areTaken_howeverTheyArrive() throws IOException {
    for (var text : TEXTS) {
      for (int step : List.of(1, 2, 3, 7, 1000)) {
        assertThat(accepts(text, step)).as("%s by %d", text, step).isTrue();
      }
    }
  }

  @Test
  void damagedTexts_areRefusedWhereJacksonRefusesThem() throws IOException {
    long seed = Long.getLong("lazuli.json.seed", System.nanoTime());
    var random = new Random(seed);
    var alphabet = "{}[]\",:0123456789.eE+-\\/ntfu \"ab\n";
    for (int i = 0; i < 100_000; i++) {
      var text = new StringBuilder(TEXTS.get(random.nextInt(TEXTS.size())));
      for (int changes = random.nextInt(3); changes >= 0; changes--) {
        var at = random.nextInt(text.length());
        var other = alphabet.charAt(random.nextInt(alphabet.length()));
        switch (random.nextInt(3)) {
          case 0 -> text.setCharAt(at, other);
          case 1 -> text.insert(at, other);
          default -> text.deleteCharAt(at).append(text.isEmpty() ? " " : "");
        }
      }
      var json = text.toString();
      assertThat(accepts(json, 1 + random.nextInt(5)))
          .as("seed %d: %s", seed, json)
          .isEqualTo(jacksonAccepts(json));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-0, 0",
    "7, 7",
    "-7, -7",
    "9223372036854775807, 9223372036854775807",
    "-9223372036854775808, -9223372036854775808",
    "1000000000000000000, 1000000000000000000"
  })
  void integer_isRead(String text, long value) throws IOException {
    for (int step : new int[] {3, 17, 18, 19, 1000}) {
      var input = input(text, step);

      assertThat(input.kind()).isEqualTo(Kind.NUMBER);
      assertThat(input.number()).as("in pieces of %d", step).isEqualTo(value);
      assertThat(input.isIntegral()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999999",
        "1.0",
        "1e3",
        "0.5"
      })
  void otherNumber_isNoInteger(String text) throws IOException {
    for (int step : new int[] {3, 17, 18, 19, 1000}) {
      var input = input(text, step);
      input.number();

      assertThat(input.isIntegral()).as("in pieces of %d", step).isFalse();
    }
  }

  @Test
  void strings_meanWhatTheirEscapesSay() throws IOException {
    var json =
        "\"a\\u00e9\\u20ac\\ud83d\\ude00|\\ud83dx|\\ude00|\\ud83d\\n"
            + "|\\ud83d\\ud83d\\ude00|\u00e9\"";
    var text = new Utf8Buffer();
    for (int step = 1; step < 9; step++) {
      input(json, step).string(text);

      assertThat(text)
          .hasToString(
              "a\u00e9\u20ac\ud83d\ude00|\ufffdx|\ufffd|\ufffd\n|\ufffd\ud83d\ude00|\u00e9");
    }
  }

  @Test
  void stringBeyondTheLimit_isRefused() {
    assertThatThrownBy(() -> input("\"" + "x".repeat(MOST_BYTES + 1) + "\"", 1000).skip())
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining("at most 100 bytes");
    assertThatThrownBy(() -> input("\"" + "\\n".repeat(MOST_BYTES + 1) + "\"", 9).skip())
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining("at most 100 bytes");
  }

  @Test
  void depthBeyondTheLimit_isRefused() throws IOException {
    assertThat(accepts("[".repeat(DEPTH) + "]".repeat(DEPTH), 5)).isTrue();
    assertThat(accepts("[".repeat(DEPTH + 1) + "]".repeat(DEPTH + 1), 5)).isFalse();
  }
}
