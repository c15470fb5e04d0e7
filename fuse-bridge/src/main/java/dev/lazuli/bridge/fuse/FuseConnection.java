package dev.lazuli.bridge.fuse;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.ErrnoException;
import dev.lazuli.bridge.kernel.FileDescriptor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One device with the loops that read it and the reads that wait for a late answer. All loops use
 * the one descriptor: a clone's requests would fail at a hand-over.
 */
final class FuseConnection {
  private static final long LOOP_STACK_BYTES = 256 << 10;

  /** How long closing waits for answers that are being written and for loops that are busy. */
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(2);

  private final Logger log = LoggerFactory.getLogger(FuseSession.class);
  private final String name;
  private final FuseDevice device;
  private final ReplyBuffers buffers;
  private final Interrupts interrupts = new Interrupts(this);
  private final OpenReads deferred = new OpenReads();

  /** The layers whose reads fail. */
  private final Set<Long> failing = ConcurrentHashMap.newKeySet();

  private final List<RequestLoop> loops;
  private final List<Thread> threads;
  private volatile boolean full;
  private volatile boolean stopped;
  private volatile boolean left;

  /**
   * Makes a connection that serves once it is started.
   *
   * @param name for threads and messages
   * @param loopCount how many requests are read at once
   */
  FuseConnection(
      String name, FuseDevice device, Volume volume, int loopCount, ReplyBuffers buffers) {
    this.name = name;
    this.device = device;
    this.buffers = buffers;
    this.loops = Stream.generate(() -> new RequestLoop(this, volume)).limit(loopCount).toList();
    this.threads = IntStream.range(0, loopCount).mapToObj(this::thread).toList();
  }

  private Thread thread(int number) {
    return Thread.ofPlatform()
        .name(name + "-" + number)
        .daemon()
        .stackSize(LOOP_STACK_BYTES)
        .unstarted(loops.get(number));
  }

  /** Returns how long the busiest loop has been working on one request. */
  Duration longestRequest() {
    return loops.stream().map(RequestLoop::busy).max(Duration::compareTo).orElse(Duration.ZERO);
  }

  /**
   * Returns whether every loop runs; once one has stopped, the connection serves less, or nothing.
   */
  boolean isServing() {
    return isOpen() && threads.stream().allMatch(Thread::isAlive);
  }

  /**
   * Has the kernel send again what a former process has read and not answered.
   *
   * @throws ErrnoException if the kernel does not know how
   */
  void askForResend() throws ErrnoException {
    long result = write(/* unique= */ 0, Protocol.NOTIFY_RESEND);
    if (result < 0) {
      throw new ErrnoException("write(/dev/fuse) of FUSE_NOTIFY_RESEND", (int) -result);
    }
  }

  void start() {
    threads.forEach(Thread::start);
  }

  /** Stops reading, and gives up the reads that wait. Does not wait for the loops. */
  void stop() {
    stopped = true;
    for (PendingRead read : deferred.all()) {
      giveUp(read);
    }
  }

  /** Takes no more requests, but goes on answering those that were taken. */
  void takeNoMore() {
    full = true;
    device.wakeReaders();
  }

  /**
   * Waits until every request that was taken has been answered; {@link #takeNoMore} was called. The
   * reads that still wait at {@code end} fail with {@code EIO}.
   *
   * @param end as {@link System#nanoTime} counts
   */
  void settle(long end) throws InterruptedException {
    for (Thread thread : threads) {
      thread.join(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
    }
    if (deferred.awaitNone(end)) {
      return;
    }
    List<PendingRead> late = deferred.all();
    late.forEach(read -> giveUp(read, Errno.EIO));
    log.warn("{}: {} reads fail because their content did not arrive", name, late.size());
    if (!deferred.awaitNone(System.nanoTime() + LAST_ANSWERS.toNanos())) {
      log.error("{}: some requests are not answered", name);
    }
  }

  /** Stops reading. What was read but not answered is left to the next process. */
  void leave() {
    left = true;
  }

  /** Takes a loop's report that the device has failed for good, {@code ENODEV} after an unmount. */
  void ended(int errno) {
    if (isOpen() && errno != Errno.ENODEV) {
      log.error("{}: reading requests failed: {}", name, Errno.name(errno));
    }
    stop();
  }

  /** Returns whether the loops are to read more requests. */
  boolean takesRequests() {
    return isOpen() && !full;
  }

  boolean isOpen() {
    return !stopped && !left;
  }

  String name() {
    return name;
  }

  Logger log() {
    return log;
  }

  FuseDevice device() {
    return device;
  }

  /** Keeps a read to which its handler has not replied yet. */
  void defer(PendingRead read) {
    deferred.add(read);
    // Asked only now: whoever sets these looks for reads afterwards, so that one of us finds it.
    if (!read.isWaiting()) {
      forget(read);
    } else if (stopped) {
      giveUp(read);
    } else if (isFailing(read.slot())) {
      giveUp(read, Errno.EIO);
    }
  }

  void forget(PendingRead read) {
    deferred.remove(read);
  }

  /**
   * Handles the kernel's notice that a signal reached a waiting reader; false if no reader waits
   * for that request.
   */
  boolean interrupt(long unique) {
    PendingRead read = deferred.find(unique);
    if (read == null) {
      return false;
    }
    interrupts.interrupted(read);
    return true;
  }

  /** Returns how many reads wait on although a signal came for them. */
  int interruptedReads() {
    return interrupts.watched();
  }

  void giveUp(PendingRead read) {
    giveUp(read, Errno.EINTR);
  }

  /** See {@link FuseSession#failReads}. */
  void failReads(long slot) {
    failing.add(slot);
    for (PendingRead read : deferred.all()) {
      if (read.slot() == slot) {
        giveUp(read, Errno.EIO);
      }
    }
  }

  /** See {@link FuseSession#admitReads}. */
  void admitReads(long slot) {
    failing.remove(slot);
  }

  boolean isFailing(long slot) {
    return !failing.isEmpty() && failing.contains(slot);
  }

  private void giveUp(PendingRead read, int errno) {
    try (var _ = deferred.answering()) {
      if (read.giveUp()) {
        reply(read.unique(), -errno);
      }
    }
  }

  void replyDeferred(PendingRead read, ContentReader reader) {
    try (var _ = deferred.answering()) {
      if (read.takeAnswer()) {
        forget(read);
        writeDeferred(read, reader);
      }
    }
  }

  void replyDeferred(PendingRead read, int errno) {
    try (var _ = deferred.answering()) {
      if (read.takeAnswer()) {
        forget(read);
        reply(read.unique(), -errno);
      }
    }
  }

  private void writeDeferred(PendingRead read, ContentReader reader) {
    ReplyBuffer buffer = buffers.acquire();
    try {
      buffer.write(device, read.unique(), read.fill(buffer, reader));
    } finally {
      buffers.release(buffer);
    }
  }

  boolean offerDeferred(PendingRead read, ContentReader reader) {
    try (var _ = deferred.answering()) {
      ReplyBuffer buffer = buffers.acquire();
      try {
        return read.offer(buffer, reader);
      } finally {
        buffers.release(buffer);
      }
    }
  }

  /** Writes a reply without a body: success (0) or {@code -errno}. */
  void reply(long unique, int error) {
    // The kernel refuses replies to requests that it has given up itself: nothing is lost.
    long ignored = write(unique, error);
  }

  private long write(long unique, int error) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment message = arena.allocate(Protocol.OUT_HEADER_SIZE, Long.BYTES);
      message.set(JAVA_INT, Protocol.OUT_LENGTH, Protocol.OUT_HEADER_SIZE);
      message.set(JAVA_INT, Protocol.OUT_ERROR, error);
      message.set(JAVA_LONG, Protocol.OUT_UNIQUE, unique);
      return device.write(message, FileDescriptor.newCallState(arena));
    }
  }
}
