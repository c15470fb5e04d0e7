package dev.lazuli.snapshotter.snapshots;

import static dev.lazuli.snapshotter.snapshots.FakeDirectory.attributes;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.snapshotter.layers.DirectoryAttributes;
import dev.lazuli.snapshotter.layers.LayerEntry;
import dev.lazuli.snapshotter.layers.LayerEntry.AttributeSource;
import dev.lazuli.snapshotter.layers.LayerEntry.Directory;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class InheritedDirectoriesTest {
  private static final DirectoryAttributes STICKY = attributes(01777, 0);
  private static final DirectoryAttributes PRIVATE = attributes(0700, 5);
  private static final DirectoryAttributes USUAL = attributes(0755, 0);

  private static FakeDirectory directory() {
    return new FakeDirectory();
  }

  private static FakeDirectory implied() {
    return directory().from(AttributeSource.IMPLIED);
  }

  private static SortedMap<String, DirectoryAttributes> find(Directory top, Directory... below)
      throws IOException {
    return InheritedDirectories.of(top, List.of(below), Optional.empty());
  }

  @Test
  void impliedDirectory_hasTheAttributesBelow() throws IOException {
    var base = directory().add("tmp", directory().with(STICKY));
    var top = directory().add("tmp", implied());

    assertThat(find(top, base)).isEqualTo(Map.of("", USUAL, "tmp", STICKY));
  }

  @Test
  void directoryWithAnEntry_keepsItsOwn() throws IOException {
    var base = directory().add("tmp", directory().with(STICKY));

    assertThat(find(directory().add("tmp", directory()), base)).isEmpty();
  }

  @Test
  void directoryWithALateEntry_keepsItsOwn_andXattrsFromBelow() throws IOException {
    var base =
        directory()
            .add(
                "etc",
                directory()
                    .with(with(PRIVATE, Map.of("user.a", "1", "user.b", "2", "trusted.t", "3"))));
    var top =
        directory()
            .add(
                "etc",
                directory()
                    .with(with(STICKY, Map.of("user.b", "4", "user.c", "5")))
                    .from(AttributeSource.LATE_ENTRY));

    var etc = requireNonNull(find(top, base).get("etc"));

    assertThat(etc.permissions()).isEqualTo(01777);
    assertThat(etc.uid()).isZero();
    assertThat(etc.xattrs().keySet()).containsExactly("user.a", "user.b", "user.c");
    assertThat(etc.xattrs().get("user.b")).asString().isEqualTo("4");
  }

  @Test
  void directoryWithALateEntry_thatAddsToXattrsBelow_needsNothing() throws IOException {
    var base = directory().add("etc", directory().with(with(PRIVATE, Map.of("user.a", "1"))));
    var top =
        directory()
            .add(
                "etc",
                directory()
                    .with(with(STICKY, Map.of("user.a", "2")))
                    .from(AttributeSource.LATE_ENTRY));

    assertThat(find(top, base)).isEmpty();
  }

  private static DirectoryAttributes with(DirectoryAttributes own, Map<String, String> xattrs) {
    var values = new TreeMap<String, byte[]>();
    xattrs.forEach((name, value) -> values.put(name, value.getBytes(UTF_8)));
    return new DirectoryAttributes(own.permissions(), own.uid(), own.gid(), 0, 0, values);
  }

  @Test
  void impliedDirectoryThatIsNewOrTheSame_needsNothing() throws IOException {
    var base = directory().add("usr", directory()).add("file", LayerEntry.Other.HIDING);
    var top = directory().add("usr", implied()).add("new", implied()).add("file", implied());

    assertThat(find(top, base)).isEmpty();
  }

  @Test
  void newDirectoryInAnInheritedSetgidOne_hasItsGroupAlone() throws IOException {
    var shared = attributes(02775, 5);
    var base = directory().add("d", directory().with(shared)).add("said", directory().with(shared));
    var top =
        directory()
            .add("d", implied().add("new", implied().add("deep", implied())))
            .add("said", directory().with(USUAL).add("new", implied()));

    assertThat(find(top, base)).isEqualTo(Map.of("", USUAL, "d", shared, "d/new", ofGroup(5)));
  }

  @Test
  void newDirectoryInASetgidOneOfTheRootGroup_needsNothing() throws IOException {
    var base = directory().add("d", directory().with(attributes(02755, 0)));
    var top = directory().add("d", implied().add("new", implied()));

    assertThat(find(top, base)).containsOnlyKeys("", "d");
  }

  @Test
  void newDirectoryOfAnEarlierVersion_isRefusedInASetgidOne() {
    var base = directory().add("d", directory().with(attributes(02775, 5)));
    var top = directory().add("d", implied().add("new", directory().from(AttributeSource.UNKNOWN)));

    assertThatThrownBy(() -> find(top, base)).hasMessageEndingWith("d/new");
  }

  private static DirectoryAttributes ofGroup(int gid) {
    return new DirectoryAttributes(0755, 0, gid, 0, 0, new TreeMap<>());
  }

  @Test
  void deepDirectory_bringsItsParents() throws IOException {
    var base =
        directory()
            .add(
                "a",
                directory().with(PRIVATE).add("b", directory().add("c", directory().with(STICKY))));
    var top = directory().add("a", directory().with(USUAL).add("b", implied().add("c", implied())));

    assertThat(find(top, base))
        .isEqualTo(Map.of("", USUAL, "a", USUAL, "a/b", USUAL, "a/b/c", STICKY));
  }

  @Test
  void nearestLayer_decides() throws IOException {
    var base = directory().add("d", directory().with(STICKY));
    var middle = directory().add("d", directory().with(PRIVATE));
    var silent = directory().add("other", directory());

    assertThat(find(directory().add("d", implied()), silent, middle, base))
        .containsEntry("d", PRIVATE);
  }

  @Test
  void whatIsHidden_isNotInherited() throws IOException {
    var base = directory().add("d", directory().with(STICKY).add("e", directory().with(PRIVATE)));
    var removed = directory().add("d", LayerEntry.Other.HIDING);
    var emptied = directory().add("d", directory().opaque());
    var top = directory().add("d", implied().add("e", implied()));
    var emptying = directory().add("d", implied().opaque().add("e", implied()));

    assertThat(find(top, removed, base)).isEmpty();
    assertThat(find(top, emptied, base)).isEmpty();
    assertThat(find(emptying, base)).isEqualTo(Map.of("", USUAL, "d", STICKY));
  }

  @Test
  void earlierTree_isTakenOverAsFarAsItIsSeen() throws IOException {
    var base =
        directory()
            .add("kept", directory().with(STICKY))
            .add("said", directory().with(STICKY))
            .add("gone", directory().with(STICKY))
            .add("more", directory().with(STICKY));
    var first = directory().add("kept", implied()).add("said", implied()).add("gone", implied());
    var tree =
        directory()
            .add("kept", directory().with(STICKY))
            .add("said", directory().with(STICKY))
            .add("gone", directory().with(STICKY));
    var top =
        directory()
            .add("said", directory().with(PRIVATE))
            .add("gone", LayerEntry.Other.HIDING)
            .add("more", implied());

    assertThat(InheritedDirectories.of(top, List.of(tree, first, base), Optional.of(tree)))
        .isEqualTo(Map.of("", USUAL, "kept", STICKY, "more", STICKY));
  }

  @Test
  void attributes_differAlsoByXattrs() throws IOException {
    var xattrs = new TreeMap<>(Map.of("user.k", new byte[] {1}));
    var marked = new DirectoryAttributes(0755, 0, 0, 0, 0, xattrs);
    var base = directory().add("d", directory().with(marked));

    assertThat(find(directory().add("d", implied()), base)).containsEntry("d", marked);
  }

  @Test
  void layerOfAnEarlierVersion_isRefusedWhereItMatters() throws IOException {
    var base = directory().add("tmp", directory().with(STICKY)).add("usr", directory());
    var harmless = directory().add("usr", directory().from(AttributeSource.UNKNOWN));
    var doubtful = directory().add("tmp", directory().from(AttributeSource.UNKNOWN));

    assertThat(find(harmless, base)).isEmpty();
    assertThatThrownBy(() -> find(doubtful, base))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("earlier version")
        .hasMessageEndingWith("tmp");
  }

  @Test
  void directoriesSideBySide_areRefused_beforeTheyFillTheHeap() throws IOException {
    var base = directory().add("d", directory().with(STICKY));
    var top = directory().add("d", implied());

    assertThat(find(withDirectories(5_000, top), withDirectories(5_000, base)))
        .containsEntry("d", STICKY);
    assertThatThrownBy(() -> find(withDirectories(30_000, top), withDirectories(30_000, base)))
        .hasMessageContaining("need more than 4 MiB");
  }

  private static FakeDirectory withDirectories(int count, FakeDirectory root) {
    for (int i = 0; i < count; i++) {
      root.add("name" + i, directory());
    }
    return root;
  }

  @Test
  void attributesThatFillTheHeap_areRefused() {
    var base = directory();
    var top = directory();
    for (int i = 0; i < 100; i++) {
      var xattrs = new TreeMap<>(Map.of("user.k", new byte[1 << 16]));
      base.add("d" + i, directory().with(new DirectoryAttributes(0755, 0, 0, 0, 0, xattrs)));
      top.add("d" + i, implied());
    }

    assertThatThrownBy(() -> find(top, base)).hasMessageContaining("need more than 4 MiB");
  }

  @Test
  void tooManyDirectories_areRefused() {
    var base = directory();
    var top = directory();
    for (int i = 0; i < 5000; i++) {
      base.add("d" + i, directory().with(STICKY));
      top.add("d" + i, implied());
    }

    assertThatThrownBy(() -> find(top, base)).hasMessageContaining("more than 4096 directories");
  }
}
