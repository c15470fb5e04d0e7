package dev.lazuli.registry.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.lazuli.registry.model.LeastRate;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** One slow server may not have all of the node's memory for documents. */
final class DocumentBudgetTest {
  private static final Duration NOW = Duration.ofMillis(1);
  private static final int LARGE = 3 << 20;

  private final DocumentBudget budget = new DocumentBudget(NOW, Duration.ofMinutes(1));

  @Test
  void serverWithManyLargeDocuments_leavesHalfToOthers() throws Exception {
    var evil = fill("https://evil", LARGE);

    assertThat(evil).hasSize(2);
    try (var first = budget.take("https://a", LARGE);
        var second = budget.take("https://b", LARGE)) {
      assertThat(first).isNotSameAs(second);
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> budget.take("https://c", LARGE));
    }
    evil.forEach(DocumentBudget.Share::close);
    assertThat(fill("https://evil", LARGE)).hasSize(2);
  }

  @Test
  void largeDocuments_leaveThePartOfSmallOnes() throws Exception {
    fill("https://evil", LARGE);
    fill("https://worse", LARGE);

    assertThat(fill("https://tokens", 64 << 10)).hasSize(32);
  }

  @Test
  void documentThatIsMoreThanAServerGets_hasAllOfThat() throws Exception {
    try (var share = budget.take("https://a", Long.MAX_VALUE)) {
      assertThat(share).isNotNull();
      assertThat(fill("https://a", LARGE)).isEmpty();
    }
  }

  @Test
  void whoWaitsForItsOwnServer_holdsUpNobody() throws Exception {
    var patient = new DocumentBudget(Duration.ofMinutes(5), Duration.ofMinutes(1));
    var held = List.of(patient.take("https://evil", LARGE), patient.take("https://evil", LARGE));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var third = threads.submit(() -> patient.take("https://evil", LARGE));

      patient.take("https://a", LARGE).close();

      assertThat(third.isDone()).isFalse();
      held.getFirst().close();
      third.get().close();
    }
    held.getLast().close();
  }

  @Test
  void documentThatTakesTooLong_isAnErrorAndGivesItsShareBack() {
    var hasty = new DocumentBudget(NOW, Duration.ZERO);
    var exchange = new Exchange();
    ByteBuf piece = Unpooled.copiedBuffer(new byte[10]);
    exchange.onPiece(piece);

    try (var reply = reply(exchange, hasty)) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> reply.readAll(LARGE))
          .withMessageContaining("too slow");
    }

    assertThat(piece.refCnt()).isZero();
    assertThatCode(() -> hasty.take("https://evil", 6 << 20)).doesNotThrowAnyException();
  }

  @Test
  void document_holdsItsShareUntilItsReplyIsClosed() throws Exception {
    var exchange = new Exchange();
    exchange.onPiece(Unpooled.copiedBuffer(new byte[10]));
    exchange.onEnd();

    try (var reply = reply(exchange, budget)) {
      assertThat(reply.readAll(6 << 20)).hasSize(10);
      assertThat(fill("https://evil", LARGE)).isEmpty(); // It is being parsed.
    }

    assertThat(fill("https://evil", LARGE)).hasSize(2);
  }

  private static HttpReply reply(Exchange exchange, DocumentBudget documents) {
    return new HttpReply(
        exchange,
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK),
        Duration.ofSeconds(10),
        new LeastRate(Duration.ofSeconds(10)),
        documents,
        "https://evil");
  }

  /** Takes shares until there is none. */
  private List<DocumentBudget.Share> fill(String server, int bytes) {
    var shares = new ArrayList<DocumentBudget.Share>();
    try {
      while (true) {
        shares.add(budget.take(server, bytes));
      }
    } catch (IOException e) {
      return shares;
    }
  }
}
