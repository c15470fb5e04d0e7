package dev.lazuli.bridge.fuse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An additional layer store as the kernel shows it; {@code image} and {@code layer} are in it. */
@MountsFuse
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StoreIT {
  @TempDir Path directory;

  private final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
  private final CompletableFuture<StoreHandler.View> slow = new CompletableFuture<>();
  private Path store;
  private Path layer;
  private FuseSession session;

  private final class Layers implements StoreHandler {
    @Override
    public boolean isImage(String image) {
      return image.startsWith("image");
    }

    @Override
    public boolean isLayer(String name) {
      return name.startsWith("layer");
    }

    @Override
    public CompletableFuture<View> find(String image, String name) {
      asked.add("find " + image + " " + name);
      if (name.equals("layer-slow")) {
        return slow.copy();
      }
      var view = view(image, name);
      return view == null
          ? CompletableFuture.failedFuture(new IOException("none"))
          : CompletableFuture.completedFuture(view);
    }

    @Override
    public @Nullable View view(String image, String name) {
      return name.equals("layer") || (name.equals("layer-slow") && slow.isDone())
          ? new Shown(directory.resolve("tree"))
          : null;
    }

    @Override
    public CompletableFuture<Void> use(String image, String name, Request request) {
      asked.add("use " + image + " " + name + " " + request.isRepeated());
      return CompletableFuture.runAsync(() -> {});
    }

    @Override
    public CompletableFuture<Void> release(String image, String name, Request request) {
      asked.add("release " + image + " " + name + " " + request.isRepeated());
      return CompletableFuture.runAsync(() -> {});
    }
  }

  private record Shown(Path tree) implements StoreHandler.View {
    @Override
    public byte[] info() {
      return "{\"toc-digest\":\"x\"}".getBytes(UTF_8);
    }

    @Override
    public long blobSize() {
      return 7;
    }
  }

  @BeforeEach
  void mount() throws IOException {
    store = directory.resolve("store");
    layer = store.resolve("image/layer");
    Files.writeString(Files.createDirectory(directory.resolve("tree")).resolve("word"), "here");
    var place = new FuseSession.StorePlace(store, new Layers());
    session =
        FuseSession.mount(
            directory.resolve("fs"), new PatternLayers(), null, place, SessionOptions.defaults());
  }

  @AfterEach
  void unmount() throws IOException {
    session.close();
    assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(directory.toString());
    assertThat(store).isEmptyDirectory();
  }

  @Test
  void storeWithTheNameOfAnotherVolume_isRefused() {
    var place = new FuseSession.StorePlace(directory.resolve("blobs"), new Layers());

    assertThatThrownBy(
            () ->
                FuseSession.mount(
                    directory.resolve("fs2"),
                    new PatternLayers(),
                    null,
                    place,
                    SessionOptions.defaults()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must not be called blobs");
  }

  @Test
  void layer_isALinkToItsTree_withInfoAndTheSizeOfItsBlob() throws IOException {
    assertThat(Files.readString(layer.resolve("diff/word"))).isEqualTo("here");
    assertThat(Files.readSymbolicLink(layer.resolve("diff"))).isEqualTo(directory.resolve("tree"));
    assertThat(Files.readString(layer.resolve("info"))).isEqualTo("{\"toc-digest\":\"x\"}");
    assertThat(Files.size(layer.resolve("blob"))).isEqualTo(7);
  }

  @Test
  void otherNames_areNotThere_andNobodyIsAsked() {
    for (var name : List.of("x", "x/layer/diff", "image/x", "image/x/diff", "image/layer/x")) {
      assertThat(store.resolve(name)).doesNotExist();
    }
    assertThat(asked).isEmpty();

    assertThat(store.resolve("image/layer-none/diff")).doesNotExist();
    assertThat(asked).containsExactly("find image layer-none");
  }

  @Test
  void use_andRelease_areCounted_andFailAsTheLibraryWantsIt() {
    assertThatThrownBy(() -> Files.createFile(layer.resolve("use")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> Files.delete(layer)).isInstanceOf(NoSuchFileException.class);

    assertThat(asked).containsExactly("use image layer false", "release image layer false");
  }

  @Test
  void nothingElse_canBeChanged() {
    assertThatThrownBy(() -> Files.createFile(layer.resolve("other")))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> Files.createFile(store.resolve("image/use")))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> Files.createDirectory(store.resolve("other")))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> Files.delete(store.resolve("image"))).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> Files.delete(layer.resolve("diff"))).isInstanceOf(IOException.class);

    assertThat(asked).noneMatch(word -> word.startsWith("use") || word.startsWith("release"));
  }

  @Test
  void lookupThatWaits_holdsUpNoOther_andItsCallerCanBeKilled() throws Exception {
    var waiting =
        new ProcessBuilder("stat", store.resolve("image/layer-slow/diff").toString()).start();
    Eventually.until(() -> !asked.isEmpty());

    assertThat(Files.readString(layer.resolve("diff/word"))).isEqualTo("here");
    assertThat(store.resolve("image/layer-none/diff")).doesNotExist();
    assertThat(waiting.isAlive()).isTrue();
    waiting.destroyForcibly();

    assertThat(waiting.waitFor(60, TimeUnit.SECONDS)).isTrue();
  }

  /** Podman looks at it first thing, whatever it is asked to do. */
  @Test
  void directoryItself_answersWithoutTheDaemon() throws Exception {
    assertThat(Files.isDirectory(store)).isTrue();
    session.leave(Duration.ofSeconds(10));

    var look = new ProcessBuilder("stat", store.toString()).start();

    assertThat(look.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(look.exitValue()).isZero();
  }
}
