package dev.lazuli.snapshotter.node;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The signals that end a daemon. The JDK tells shutdown hooks nothing about the signal, and the
 * compiler warns of its own {@code sun.misc.Signal}, hence reflection.
 */
public enum StopSignal {
  /** Stop for good: unmount everything. */
  INT,

  /** Stop, another daemon will follow: what containers use stays mounted. */
  TERM;

  private static final BlockingQueue<StopSignal> RECEIVED = new LinkedBlockingQueue<>();

  /** Handles both signals from now on: they no longer end the process by themselves. */
  public static void handle() {
    for (var signal : values()) {
      signal.install();
    }
  }

  /** Waits for a signal; the first that came counts. */
  public static StopSignal await() throws InterruptedException {
    return RECEIVED.take();
  }

  /** Returns whether a signal has come and waits to be taken. */
  static boolean hasCome(StopSignal signal) {
    return signal.equals(RECEIVED.peek());
  }

  private void install() {
    try {
      var signal = Class.forName("sun.misc.Signal");
      var handler = Class.forName("sun.misc.SignalHandler");
      InvocationHandler receive =
          (proxy, method, arguments) -> {
            if (method.getName().equals("handle")) {
              RECEIVED.add(this);
            }
            return null;
          };
      signal
          .getMethod("handle", signal, handler)
          .invoke(
              null,
              signal.getConstructor(String.class).newInstance(name()),
              Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, receive));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this Java runtime cannot handle SIG" + name(), e);
    }
  }
}
