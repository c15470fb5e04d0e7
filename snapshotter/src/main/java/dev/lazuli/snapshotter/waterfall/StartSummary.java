package dev.lazuli.snapshotter.waterfall;

import dev.lazuli.snapshotter.waterfall.Waterfall.LayerLine;
import java.util.ArrayList;
import java.util.List;

/** What a waterfall says in a few figures. */
final class StartSummary {
  /** A figure and what it is. */
  record Fact(String name, String value) {}

  private final Waterfall waterfall;
  private final long blobBytes;

  StartSummary(Waterfall waterfall) {
    this.waterfall = waterfall;
    this.blobBytes = waterfall.layers().stream().mapToLong(LayerLine::blobBytes).sum();
  }

  List<Fact> facts() {
    var facts = new ArrayList<Fact>();
    long complete = waterfall.completeMicros();
    facts.add(
        new Fact(
            "image",
            Figures.size(blobBytes) + ", " + Figures.count(waterfall.layers().size(), "layer")));
    facts.add(new Fact("mounted after", time(waterfall.mountedMicros())));
    for (var mark : waterfall.marks()) {
      facts.add(new Fact(mark.name() + " after", time(mark.micros())));
    }
    facts.add(new Fact("fetched for the start", fetched()));
    facts.add(new Fact("fetched ahead", ahead()));
    facts.add(new Fact("fetched in vain", unread()));
    facts.add(new Fact("reads that waited", waited()));
    facts.add(new Fact("requests", Integer.toString(waterfall.ranges().size())));
    facts.add(new Fact("all here after", complete < 0 ? "not yet" : time(complete)));
    long dropped = waterfall.layers().stream().mapToLong(LayerLine::droppedEvents).sum();
    if (dropped > 0) {
      facts.add(new Fact("events not kept", Long.toString(dropped)));
    }
    return facts;
  }

  private static String time(long micros) {
    return micros < 0 ? "unknown" : Figures.time(micros);
  }

  private String fetched() {
    long bytes =
        waterfall.ranges().stream()
            .filter(range -> range.source() != ArrivalReason.BACKGROUND)
            .mapToLong(range -> Math.max(0, range.bytes()))
            .sum();
    return Figures.size(bytes) + ", " + Figures.share(bytes, blobBytes);
  }

  private String ahead() {
    var ahead = waterfall.ahead();
    return Figures.size(ahead.bytes()) + ", " + Figures.size(ahead.readBytes()) + " of it read";
  }

  private String unread() {
    var ahead = waterfall.ahead();
    return Figures.size(ahead.unreadBytes())
        + ", "
        + Figures.share(ahead.unreadBytes(), ahead.bytes())
        + (ahead.decided() ? "" : ", so far");
  }

  private String waited() {
    var waits = waterfall.waits();
    long sum = waits.stream().mapToLong(wait -> Math.max(0, wait.micros())).sum();
    long still = waits.stream().filter(wait -> wait.micros() < 0).count();
    long failed = waits.stream().filter(Waterfall.Wait::failed).count();
    return waits.size()
        + (sum > 0 ? ", " + Figures.time(sum) + " in all" : "")
        + (still > 0 ? ", " + still + " still do" : "")
        + (failed > 0 ? ", " + failed + " failed" : "");
  }
}
