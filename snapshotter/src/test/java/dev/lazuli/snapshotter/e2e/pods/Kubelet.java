package dev.lazuli.snapshotter.e2e.pods;

import static com.google.protobuf.ByteString.copyFromUtf8;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.lazuli.snapshotter.e2e.cri.Container;
import dev.lazuli.snapshotter.e2e.cri.ContainerId;
import dev.lazuli.snapshotter.e2e.cri.ContainerName;
import dev.lazuli.snapshotter.e2e.cri.ContainerRequest;
import dev.lazuli.snapshotter.e2e.cri.ContainerSecurity;
import dev.lazuli.snapshotter.e2e.cri.ContainerState;
import dev.lazuli.snapshotter.e2e.cri.ExecReply;
import dev.lazuli.snapshotter.e2e.cri.ExecRequest;
import dev.lazuli.snapshotter.e2e.cri.FileSystem;
import dev.lazuli.snapshotter.e2e.cri.ImageName;
import dev.lazuli.snapshotter.e2e.cri.ImageRequest;
import dev.lazuli.snapshotter.e2e.cri.ImageServiceGrpc;
import dev.lazuli.snapshotter.e2e.cri.LinuxContainer;
import dev.lazuli.snapshotter.e2e.cri.LinuxSandbox;
import dev.lazuli.snapshotter.e2e.cri.Namespaces;
import dev.lazuli.snapshotter.e2e.cri.Nothing;
import dev.lazuli.snapshotter.e2e.cri.PullRequest;
import dev.lazuli.snapshotter.e2e.cri.RuntimeServiceGrpc;
import dev.lazuli.snapshotter.e2e.cri.Sandbox;
import dev.lazuli.snapshotter.e2e.cri.SandboxId;
import dev.lazuli.snapshotter.e2e.cri.SandboxName;
import dev.lazuli.snapshotter.e2e.cri.SandboxRequest;
import dev.lazuli.snapshotter.e2e.cri.SandboxSecurity;
import dev.lazuli.snapshotter.e2e.cri.StopRequest;
import dev.lazuli.snapshotter.transport.UnixTransport;
import dev.lazuli.testimages.waiting.Eventually;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Runs pods by containerd's CRI plugin, as a kubelet would; calls may take two minutes. */
final class Kubelet implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int NODE = 2;
  private static final int EXITED = 2;

  /** The field of a pull's AuthConfig, whose first fields are a user and a password. */
  private static final int AUTH = 2;

  private static final Namespaces NODES_NETWORK =
      Namespaces.newBuilder().setNetwork(NODE).setPid(1).build();

  private static final Namespaces OWN_NETWORK = Namespaces.newBuilder().setPid(1).build();

  /** The field of a pod's user namespace, and there those of its users' and groups' ids. */
  private static final int USERS = 5;

  private static final int UIDS = 2;
  private static final int GIDS = 3;

  /** The fields of a range of ids: its first one on the node, and how many they are. */
  private static final int HOST_ID = 1;

  private static final int LENGTH = 3;

  private final UnixTransport transport = UnixTransport.open("kubelet");
  private final ManagedChannel channel;

  Kubelet(Path containerd) {
    channel = transport.channel(containerd).build();
  }

  private ImageServiceGrpc.ImageServiceBlockingStub images() {
    return ImageServiceGrpc.newBlockingStub(channel).withDeadlineAfter(LIMIT);
  }

  private RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime() {
    return RuntimeServiceGrpc.newBlockingStub(channel).withDeadlineAfter(LIMIT);
  }

  /** Pulls an image and returns what containers call it by. */
  String pull(String reference) {
    return images()
        .pullImage(PullRequest.newBuilder().setImage(image(reference)).build())
        .getReference();
  }

  /** Pulls an image with a pod's pull secret. */
  String pull(String reference, String username, String password) {
    var auth =
        UnknownFieldSet.newBuilder()
            .addField(1, bytes(copyFromUtf8(username)))
            .addField(2, bytes(copyFromUtf8(password)));
    var request =
        PullRequest.newBuilder()
            .setImage(image(reference))
            .setUnknownFields(with(AUTH, auth).build());
    return images().pullImage(request.build()).getReference();
  }

  private static UnknownFieldSet.Builder with(int field, UnknownFieldSet.Builder message) {
    return UnknownFieldSet.newBuilder().addField(field, bytes(message.build().toByteString()));
  }

  private static UnknownFieldSet.Field bytes(ByteString value) {
    return UnknownFieldSet.Field.newBuilder().addLengthDelimited(value).build();
  }

  private static UnknownFieldSet.Field number(int value) {
    return UnknownFieldSet.Field.newBuilder().addVarint(value).build();
  }

  void removeImage(String reference) {
    var _ = images().removeImage(ImageRequest.newBuilder().setImage(image(reference)).build());
  }

  /** Returns what CRI says that images take on disk. */
  FileSystem imageFileSystem() {
    return images().imageFsInfo(Nothing.getDefaultInstance()).getImageFileSystems(0);
  }

  private static ImageName image(String reference) {
    return ImageName.newBuilder().setImage(reference).build();
  }

  /**
   * Starts a pod in the node's network.
   *
   * @param logs directory for what its containers print
   */
  Pod startPod(String name, Path logs) {
    return startPod(name, logs, NODES_NETWORK);
  }

  /** Starts a pod with a network of its own, which a {@link PodNetwork} has to give it. */
  Pod startPodOnItsOwn(String name, Path logs) {
    return startPod(name, logs, OWN_NETWORK);
  }

  /**
   * Starts the same with {@code hostUsers: false}.
   *
   * @param firstId the node's user that is root in the pod, with 65535 more behind it
   */
  Pod startPodWithOwnUsers(String name, Path logs, int firstId) {
    var range =
        UnknownFieldSet.newBuilder()
            .addField(HOST_ID, number(firstId))
            .addField(LENGTH, number(1 << 16));
    var users = with(UIDS, range).mergeFrom(with(GIDS, range).build());
    var namespaces = OWN_NETWORK.toBuilder().setUnknownFields(with(USERS, users).build());
    return startPod(name, logs, namespaces.build());
  }

  private Pod startPod(String name, Path logs, Namespaces namespaces) {
    var sandbox =
        Sandbox.newBuilder()
            .setName(SandboxName.newBuilder().setName(name).setUid(name).setNamespace("test"))
            .setLogDirectory(logs.toString())
            .setLinux(
                LinuxSandbox.newBuilder()
                    .setCgroupParent("/k8s.io")
                    .setSecurity(SandboxSecurity.newBuilder().setNamespaces(namespaces)))
            .build();
    var request = SandboxRequest.newBuilder().setSandbox(sandbox).build();
    return new Pod(sandbox, runtime().runPodSandbox(request));
  }

  /** A pod that runs; closing stops and removes it with its containers. */
  final class Pod implements AutoCloseable {
    private final Sandbox sandbox;
    private final SandboxId id;

    Pod(Sandbox sandbox, SandboxId id) {
      this.sandbox = sandbox;
      this.id = id;
    }

    /** Makes and starts a container that logs to {@code <name>.log}. */
    ContainerId start(String name, String image, String... command) {
      var container =
          Container.newBuilder()
              .setName(ContainerName.newBuilder().setName(name))
              .setImage(image(image))
              .addAllCommand(List.of(command))
              .setLogPath(name + ".log")
              .setLinux(
                  LinuxContainer.newBuilder()
                      .setSecurity(
                          ContainerSecurity.newBuilder()
                              .setNamespaces(sandbox.getLinux().getSecurity().getNamespaces())));
      var request =
          ContainerRequest.newBuilder()
              .setSandboxId(id.getId())
              .setContainer(container)
              .setSandbox(sandbox);
      var made = runtime().createContainer(request.build());
      var _ = runtime().startContainer(made);
      return made;
    }

    ContainerState awaitExit(ContainerId container) throws IOException {
      Eventually.until(
          LIMIT, () -> state(container).getState() == EXITED, () -> "a container still runs");
      return state(container);
    }

    private ContainerState state(ContainerId container) {
      return runtime().containerStatus(container).getStatus();
    }

    ExecReply exec(ContainerId container, String... command) {
      return runtime()
          .execSync(
              ExecRequest.newBuilder()
                  .setContainerId(container.getId())
                  .addAllCommand(List.of(command))
                  .setTimeoutSeconds(LIMIT.toSeconds())
                  .build());
    }

    void remove(ContainerId container) {
      var stop = StopRequest.newBuilder().setContainerId(container.getId()).build();
      var _ = runtime().stopContainer(stop);
      var _ = runtime().removeContainer(container);
    }

    @Override
    public void close() {
      var _ = runtime().stopPodSandbox(id);
      var _ = runtime().removePodSandbox(id);
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
    transport.close();
  }
}
