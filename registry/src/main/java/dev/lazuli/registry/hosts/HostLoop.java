package dev.lazuli.registry.hosts;

import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.model.HostAnswer;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.RegistryException;
import dev.lazuli.registry.model.RequestListener;
import dev.lazuli.registry.model.Text;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Asks the hosts of a registry in turn, round after round, until one gives what is wanted. A host
 * that cannot succeed later is not asked again; between rounds there is a wait that doubles, with
 * jitter, and is at least what the hosts ask for by Retry-After.
 */
public final class HostLoop {
  private final HostCatalog catalog;
  private final HostHealth health;
  private final HostOptions options;
  private final RequestListener listener;

  /** Makes a loop over the hosts of a catalog. */
  public HostLoop(
      HostCatalog catalog, HostHealth health, HostOptions options, RequestListener listener) {
    this.catalog = catalog;
    this.health = health;
    this.options = options;
    this.listener = listener;
  }

  /**
   * Runs a call.
   *
   * @param action what is done, for messages
   * @param object to what, for messages
   * @param resolving whether a tag is looked up: some mirrors may not be asked for that
   * @throws RegistryException the failure of the registry itself, or of the last host that may be
   *     asked; the other hosts' failures are suppressed exceptions of it
   */
  public <T> T run(
      String action,
      String object,
      ImageReference reference,
      boolean resolving,
      Abort abort,
      HostCall<T> call)
      throws IOException {
    return run(action, object, hosts(action, object, reference, resolving), abort, call);
  }

  /**
   * Runs a call that changes something: only at the registry itself, not at its mirrors.
   *
   * @throws RegistryException if the registry refuses, or gives no answer
   */
  public <T> T push(
      String action, String object, ImageReference reference, Abort abort, HostCall<T> call)
      throws IOException {
    return run(action, object, List.of(catalog.itself(reference.registry())), abort, call);
  }

  private <T> T run(
      String action, String object, List<RegistryHost> hosts, Abort abort, HostCall<T> call)
      throws IOException {
    Map<RegistryHost, IOException> failures = new HashMap<>();
    var willing = new ArrayList<>(health.order(hosts));
    for (int round = 0; round < options.attempts() && !willing.isEmpty(); round++) {
      if (round > 0) {
        abort.pause(waitBefore(round, willing, failures));
      }
      for (RegistryHost host : List.copyOf(willing)) {
        long asked = health.now();
        try {
          T result = call.at(host);
          health.succeeded(host);
          listener.answered(isMirror(host), HostAnswer.GIVEN);
          return result;
        } catch (InterruptedIOException e) {
          health.givenUp(host, asked);
          throw e;
        } catch (IOException e) {
          if (abort.isAborted()) {
            health.givenUp(host, asked);
            throw exception(action, object, host, e);
          }
          failures.put(host, e);
          health.failed(host, e);
          listener.answered(isMirror(host), answer(e));
          if (e instanceof HostFailure answer && !answer.isPassing()) {
            willing.remove(host);
          }
        }
      }
    }
    throw exception(action, object, hosts, failures);
  }

  /**
   * Notes that a body broke off or fell silent after good headers: other hosts are asked first now.
   */
  public void bodyFailed(RegistryHost host, IOException failure) {
    health.failed(host, failure);
  }

  private static boolean isMirror(RegistryHost host) {
    return host.namespace() != null;
  }

  private static HostAnswer answer(IOException failure) {
    if (failure instanceof HostFailure answer && answer.status() != RegistryException.NO_STATUS) {
      boolean refused = answer.status() >= 400 && answer.status() < 500;
      return refused ? HostAnswer.REFUSED : HostAnswer.FAILED;
    }
    return HostAnswer.NONE;
  }

  /** Returns the hosts that may be asked for content. */
  public List<RegistryHost> hosts(ImageReference reference) throws IOException {
    return catalog.hosts(reference.registry()).stream().filter(RegistryHost::pulls).toList();
  }

  private List<RegistryHost> hosts(
      String action, String object, ImageReference reference, boolean resolving)
      throws IOException {
    var hosts = new ArrayList<RegistryHost>();
    for (RegistryHost host : catalog.hosts(reference.registry())) {
      if (resolving ? host.resolves() : host.pulls()) {
        hosts.add(host);
      }
    }
    if (hosts.isEmpty()) {
      throw new RegistryException(
          action,
          object,
          reference.registry(),
          RegistryException.NO_STATUS,
          "none of its hosts may be asked for " + (resolving ? "tags" : "content"),
          null);
    }
    return hosts;
  }

  private Duration waitBefore(
      int round, List<RegistryHost> hosts, Map<RegistryHost, IOException> failures) {
    // The shortest wait decides: one host's wish does not hold up another.
    long asked =
        hosts.stream()
            .map(failures::get)
            .mapToLong(e -> e instanceof HostFailure f ? f.retryAfter().toNanos() : 0)
            .min()
            .orElse(0);
    double jitter = ThreadLocalRandom.current().nextDouble(0.5, 1.5);
    return waitBefore(
        round, Duration.ofNanos(asked), jitter, options.retryWait(), options.maxRetryWait());
  }

  /** Returns the wait before a round, with its jitter never longer than the longest. */
  static Duration waitBefore(
      int round, Duration asked, double jitter, Duration first, Duration longest) {
    long most = longest.toNanos();
    long doubled = first.toNanos() << Math.min(round - 1, 20);
    long wait = (long) (Math.min(doubled, most) * jitter);
    return Duration.ofNanos(Math.min(Math.max(wait, asked.toNanos()), most));
  }

  private static RegistryException exception(
      String action,
      String object,
      List<RegistryHost> hosts,
      Map<RegistryHost, IOException> failures) {
    var all = new ArrayList<RegistryException>();
    for (RegistryHost host : hosts) {
      IOException failure = failures.get(host);
      all.add(
          exception(
              action, object, host, failure == null ? new IOException("not asked") : failure));
    }
    RegistryException main = all.removeLast();
    return all.isEmpty() ? main : main.after(all);
  }

  /** Returns the failure of one host as users of the client see it. */
  public static RegistryException exception(
      String action, String object, RegistryHost host, IOException failure) {
    int status = failure instanceof HostFailure f ? f.status() : RegistryException.NO_STATUS;
    String reason = Text.reason(failure);
    var all = new RegistryException(action, object, host.name(), status, reason, failure);
    return failure instanceof HostFailure f && f.isRedirected() ? all.ofAnotherServer() : all;
  }
}
