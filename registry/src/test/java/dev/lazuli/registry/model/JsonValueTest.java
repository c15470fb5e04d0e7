package dev.lazuli.registry.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonValueTest {
  /** A manifest of 4 MiB may come, which is 1.4 million of these. */
  @ParameterizedTest
  @ValueSource(strings = {"[]", "{}", "\"a\"", "1", "null", "[[]]"})
  void document_of_very_many_values_is_refused(String value) {
    var document = ("{\"x\":[" + (value + ",").repeat(1_000_000) + "1]}").getBytes(UTF_8);

    assertThatThrownBy(() -> JsonValue.parse(document))
        .isInstanceOf(IOException.class)
        .hasMessage("JSON document of more than 20000 values");
  }

  @Test
  void large_index_is_read() throws IOException {
    var entry = "{\"digest\":\"d\",\"size\":1,\"annotations\":{\"a\":\"b\",\"c\":\"d\"}}";
    var document = "[" + (entry + ",").repeat(2000) + entry + "]";

    assertThat(JsonValue.parse(document.getBytes(UTF_8)).elements()).hasSize(2001);
  }
}
