package dev.lazuli.snapshotter.snapshots;

import com.google.protobuf.Empty;
import dev.lazuli.snapshotter.api.snapshots.CleanupRequest;
import dev.lazuli.snapshotter.api.snapshots.CommitRequest;
import dev.lazuli.snapshotter.api.snapshots.Info;
import dev.lazuli.snapshotter.api.snapshots.ListRequest;
import dev.lazuli.snapshotter.api.snapshots.ListResponse;
import dev.lazuli.snapshotter.api.snapshots.MountsRequest;
import dev.lazuli.snapshotter.api.snapshots.MountsResponse;
import dev.lazuli.snapshotter.api.snapshots.PrepareRequest;
import dev.lazuli.snapshotter.api.snapshots.RemoveRequest;
import dev.lazuli.snapshotter.api.snapshots.SnapshotsGrpc;
import dev.lazuli.snapshotter.api.snapshots.StatRequest;
import dev.lazuli.snapshotter.api.snapshots.StatResponse;
import dev.lazuli.snapshotter.api.snapshots.UpdateRequest;
import dev.lazuli.snapshotter.api.snapshots.UpdateResponse;
import dev.lazuli.snapshotter.api.snapshots.UsageRequest;
import dev.lazuli.snapshotter.api.snapshots.UsageResponse;
import dev.lazuli.snapshotter.api.snapshots.ViewRequest;
import dev.lazuli.snapshotter.api.types.Mount;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The border to containerd: messages in, messages or statuses out. */
final class SnapshotsService extends SnapshotsGrpc.SnapshotsImplBase {
  private static final Logger log = LoggerFactory.getLogger(SnapshotsService.class);
  private static final int INFOS_PER_MESSAGE = 100;

  private interface Call<T> {
    T run() throws IOException;
  }

  private final Snapshotter snapshotter;

  SnapshotsService(Snapshotter snapshotter) {
    this.snapshotter = snapshotter;
  }

  @Override
  public void prepare(PrepareRequest request, StreamObserver<MountsResponse> observer) {
    answer(
        observer,
        () ->
            mounts(
                snapshotter.prepare(
                    request.getKey(), request.getParent(), request.getLabelsMap())));
  }

  @Override
  public void view(ViewRequest request, StreamObserver<MountsResponse> observer) {
    answer(
        observer,
        () ->
            mounts(
                snapshotter.view(request.getKey(), request.getParent(), request.getLabelsMap())));
  }

  @Override
  public void mounts(MountsRequest request, StreamObserver<MountsResponse> observer) {
    answer(observer, () -> mounts(snapshotter.mounts(request.getKey())));
  }

  @Override
  public void commit(CommitRequest request, StreamObserver<Empty> observer) {
    answer(
        observer,
        () -> {
          snapshotter.commit(
              request.getName(), request.getKey(), request.getParent(), request.getLabelsMap());
          return Empty.getDefaultInstance();
        });
  }

  @Override
  public void remove(RemoveRequest request, StreamObserver<Empty> observer) {
    answer(
        observer,
        () -> {
          snapshotter.remove(request.getKey());
          return Empty.getDefaultInstance();
        });
  }

  @Override
  public void stat(StatRequest request, StreamObserver<StatResponse> observer) {
    answer(
        observer,
        () -> StatResponse.newBuilder().setInfo(info(snapshotter.stat(request.getKey()))).build());
  }

  @Override
  public void update(UpdateRequest request, StreamObserver<UpdateResponse> observer) {
    answer(
        observer,
        () -> {
          var update = request.getInfo();
          var updated =
              snapshotter.update(
                  update.getName(), update.getLabelsMap(), request.getUpdateMask().getPathsList());
          return UpdateResponse.newBuilder().setInfo(info(updated)).build();
        });
  }

  @Override
  public void list(ListRequest request, StreamObserver<ListResponse> observer) {
    try {
      var snapshots = snapshotter.list(request.getFiltersList());
      var infos = snapshots.stream().map(this::info).iterator();
      new ListStream(infos, (ServerCallStreamObserver<ListResponse>) observer).start();
    } catch (Exception e) {
      observer.onError(status(e).asRuntimeException());
    }
  }

  /** Sends a list as fast as the client takes it. gRPC calls {@link #send} once at a time. */
  private record ListStream(Iterator<Info> infos, ServerCallStreamObserver<ListResponse> observer) {
    void start() {
      if (infos.hasNext()) {
        observer.setOnReadyHandler(this::send);
        send();
      } else {
        observer.onCompleted();
      }
    }

    private void send() {
      while (infos.hasNext() && observer.isReady()) {
        var message = ListResponse.newBuilder();
        while (infos.hasNext() && message.getInfoCount() < INFOS_PER_MESSAGE) {
          message.addInfo(infos.next());
        }
        observer.onNext(message.build());
        if (!infos.hasNext()) {
          observer.onCompleted();
        }
      }
    }
  }

  @Override
  public void usage(UsageRequest request, StreamObserver<UsageResponse> observer) {
    answer(
        observer,
        () -> {
          var usage = snapshotter.usage(request.getKey());
          return UsageResponse.newBuilder()
              .setSize(usage.sizeBytes())
              .setInodes(usage.inodes())
              .build();
        });
  }

  @Override
  public void cleanup(CleanupRequest request, StreamObserver<Empty> observer) {
    answer(
        observer,
        () -> {
          snapshotter.cleanup();
          return Empty.getDefaultInstance();
        });
  }

  private static <T> void answer(StreamObserver<T> observer, Call<T> call) {
    T result;
    try {
      result = call.run();
    } catch (Exception e) {
      observer.onError(status(e).asRuntimeException());
      return;
    }
    observer.onNext(result);
    observer.onCompleted();
  }

  /**
   * Returns the status that containerd understands for a failure. What is wrong with this node and
   * not with the call is also said in the log, where a node's operator looks.
   */
  static Status status(Exception failure) {
    if (failure instanceof SnapshotException e) {
      var code =
          switch (e.reason()) {
            case NOT_FOUND -> Status.NOT_FOUND;
            case ALREADY_EXISTS -> Status.ALREADY_EXISTS;
            case FAILED_PRECONDITION -> Status.FAILED_PRECONDITION;
            case INVALID_ARGUMENT -> Status.INVALID_ARGUMENT;
            case UNAVAILABLE -> Status.UNAVAILABLE;
          };
      if (e.reason() == SnapshotException.Reason.UNAVAILABLE) {
        log.warn("{}", e.getMessage());
      }
      return code.withDescription(e.getMessage());
    }
    if (failure instanceof IOException) {
      log.warn("a call failed: {}", failure.getMessage());
      return Status.UNKNOWN.withDescription(failure.getMessage());
    }
    log.error("a call failed for an unknown reason", failure);
    return Status.INTERNAL.withDescription(failure.toString());
  }

  private static MountsResponse mounts(Mount mount) {
    return MountsResponse.newBuilder().addAllMounts(List.of(mount)).build();
  }

  private Info info(Snapshot snapshot) {
    return Info.newBuilder()
        .setName(snapshot.name())
        .setParent(snapshot.parent())
        .setKindValue(snapshot.kind().number())
        .setCreatedAt(SnapshotRecord.timestamp(snapshot.created()))
        .setUpdatedAt(SnapshotRecord.timestamp(snapshot.updated()))
        .putAllLabels(snapshotter.shownLabels(snapshot))
        .build();
  }
}
