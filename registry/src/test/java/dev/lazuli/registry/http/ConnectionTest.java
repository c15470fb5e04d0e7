package dev.lazuli.registry.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.pool.ChannelPool;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.time.Duration;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionTest {
  private final CountingPool pool = new CountingPool();
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final Connection connection = new Connection(channel, pool);

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void reason_of_a_connection_that_broke_before_its_request_is_told(boolean asEvent) {
    channel.pipeline().addLast(connection);
    var refused = new SSLHandshakeException("no name matches");
    if (asEvent) {
      channel.pipeline().fireUserEventTriggered(new SslHandshakeCompletionEvent(refused));
    } else {
      channel.pipeline().fireExceptionCaught(refused);
    }
    var _ = channel.close();

    assertThatThrownBy(this::ask).hasMessage("TLS failed: no name matches");
    assertThat(pool.released).isEqualTo(1);
  }

  @Test
  void first_cause_is_the_reason() {
    channel.pipeline().addLast(connection);
    channel.pipeline().fireExceptionCaught(new SSLHandshakeException("no name matches"));
    channel.pipeline().fireExceptionCaught(new IOException("Connection reset"));

    assertThatThrownBy(this::ask).hasMessage("TLS failed: no name matches");
    assertThat(pool.released).isEqualTo(1);
  }

  private void ask() throws IOException {
    var exchange = new Exchange();
    connection.start(
        exchange, new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/v2/"));
    channel.runPendingTasks();
    exchange.awaitHead(Duration.ZERO);
  }

  /** Counts what comes back. */
  private static final class CountingPool implements ChannelPool {
    int released;

    @Override
    public Future<Channel> acquire() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Channel> acquire(Promise<Channel> promise) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Void> release(Channel channel) {
      released++;
      return channel.newSucceededFuture();
    }

    @Override
    public Future<Void> release(Channel channel, Promise<Void> promise) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
