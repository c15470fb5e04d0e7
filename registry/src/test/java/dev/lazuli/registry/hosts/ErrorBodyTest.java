package dev.lazuli.registry.hosts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ErrorBodyTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'errors':[{'code':'DENIED','message':'no access'}]} | DENIED: no access",
        "{'errors':[{'message':'no access','code':'DENIED'}]} | DENIED: no access",
        "{'errors':[{'code':'DENIED','detail':{'code':'X'},'message':'no'}]} | DENIED: no",
        "{'errors':[{'code':'A','message':'a'},{'code':'B','message':'b'}]} | A: a",
        "{'errors':[{'code':'A'},{'code':'B','message':'b'}]} | A",
        "{'message':'alone'} | alone",
        "{'errors':[{'code':'CUT','message':'goes on past the | CUT",
        "{'errors':[{'message':'a \\'word\\'\\n'}]} | a 'word'?",
      })
  void words_areThoseOfTheFirstError(String body, String words) {
    assertThat(ErrorBody.find(body.replace('\'', '"').getBytes(UTF_8)))
        .isEqualTo(words.replace('\'', '"'));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "<html>", "[]", "{\"code\":7}", "null", "{\"errors\":\"none\"}"})
  void words_whereNothingIsSaid_areNone(String body) {
    assertThat(ErrorBody.find(body.getBytes(UTF_8))).isNull();
  }
}
