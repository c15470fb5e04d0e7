package dev.lazuli.bridge.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class ReplyBuffersTest {
  @Test
  void oneTooMany_waitsForABufferInsteadOfMakingOne() throws Exception {
    var buffers = new ReplyBuffers(2);
    ReplyBuffer first = buffers.acquire();
    ReplyBuffer second = buffers.acquire();
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      var third = pool.submit(buffers::acquire);
      assertThatThrownBy(() -> third.get(100, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);

      buffers.release(second);

      assertThat(third.get()).isSameAs(second).isNotSameAs(first);
    }
  }
}
