package dev.lazuli.testimages.registry;

import dev.lazuli.demo.registry.IncomingRequest;
import dev.lazuli.demo.registry.RegistryExchange;
import dev.lazuli.demo.registry.RegistryRoutes;
import dev.lazuli.demo.registry.Reply;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Map;

/** The right answers, but for the requests that meet a fault. */
final class FaultyRoutes implements RegistryRoutes {
  private final FaultScript faults;
  private final RegistryRoutes right;

  FaultyRoutes(FaultScript faults, RegistryRoutes right) {
    this.faults = faults;
    this.right = right;
  }

  @Override
  public RegistryExchange open(IncomingRequest request) {
    var fault = faults.faultFor(request.described());
    return fault.isPresent() ? open(request, fault.get()) : right.open(request);
  }

  private RegistryExchange open(IncomingRequest request, Fault fault) {
    return switch (fault) {
      case Fault.Answer(int status, var headers) -> refusal(status, headers);
      case Fault.RefuseMultiRange() ->
          request.range().orElse("").contains(",") ? refusal(400, Map.of()) : right.open(request);
      case Fault.IgnoreRange() -> right.open(request.withoutRange());
      case Fault.WrongBytes wrong ->
          right.open(request.seenThrough(blob -> new CorruptContent(blob, wrong)));
      case Fault.NoAnswer _, Fault.Reset _, Fault.ShortBody _, Fault.Stall _, Fault.SlowHeaders _ ->
          new FaultyDelivery(right.open(request), fault);
    };
  }

  private static RegistryExchange refusal(int status, Map<String, String> headers) {
    return RegistryExchange.of(
        () -> {
          var reply = Reply.error(HttpResponseStatus.valueOf(status), "UNKNOWN", "injected fault");
          headers.forEach(reply::with);
          return reply;
        });
  }
}
