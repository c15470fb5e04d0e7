package dev.lazuli.registry.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

class ProxyTest {
  private static InetAddress address(int last) throws UnknownHostException {
    return InetAddress.getByAddress("proxy.test", new byte[] {10, 0, 0, (byte) last});
  }

  private static InetAddress[] addresses(int... last) throws UnknownHostException {
    var all = new InetAddress[last.length];
    for (int i = 0; i < last.length; i++) {
      all[i] = address(last[i]);
    }
    return all;
  }

  @Test
  void proxy_whose_name_leads_elsewhere_is_no_longer_current() throws Exception {
    var proxy = new Proxy(new InetSocketAddress(address(1), 3128), null);

    assertThat(proxy.isCurrent(_ -> addresses(1))).isTrue();
    assertThat(proxy.isCurrent(_ -> addresses(2, 1))).isTrue();
    assertThat(proxy.isCurrent(_ -> addresses(2))).isFalse();
    assertThat(proxy.isCurrent(name -> addresses(name.equals("proxy.test") ? 1 : 2))).isTrue();
  }

  @Test
  void proxy_whose_name_cannot_be_looked_up_stays() throws Exception {
    var proxy = new Proxy(new InetSocketAddress(address(1), 3128), null);

    assertThat(
            proxy.isCurrent(
                name -> {
                  throw new UnknownHostException(name);
                }))
        .isTrue();
  }
}
