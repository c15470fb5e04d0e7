package dev.lazuli.snapshotter.e2e.stacks;

import static java.util.Objects.requireNonNull;

import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.snapshotter.convert.Conversions;
import dev.lazuli.snapshotter.convert.ConvertListener;
import dev.lazuli.snapshotter.convert.ConvertOptions;
import dev.lazuli.snapshotter.convert.ImagePlace;
import dev.lazuli.snapshotter.e2e.stacks.StackEntry.Attributes;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;

/**
 * Images of random stacks: as many stacks as a group has lie side by side in one image, so that one
 * pull brings them all.
 */
final class StackImages {
  /** Stacks in one image. */
  static final int GROUP = 25;

  /** Which layers an image has, lowest first: some come again, next to themselves or later. */
  private static final List<List<Integer>> ORDERS =
      List.of(
          List.of(0, 1),
          List.of(0, 1, 2),
          List.of(0, 1, 2, 3, 4),
          List.of(0, 1, 2, 1),
          List.of(0, 1, 2, 3),
          List.of(0, 1, 1, 2),
          List.of(0, 1, 2),
          List.of(0, 1, 0, 2, 3));

  private final Path directory;
  private final TestRegistry registry;

  StackImages(Path directory, TestRegistry registry) {
    this.directory = directory;
    this.registry = registry;
  }

  /** Stacks of one image. Their seeds are what the image's other properties come from. */
  record Group(long first, int count) {
    List<Integer> order() {
      return ORDERS.get((int) (first / GROUP % ORDERS.size()));
    }

    /**
     * ctr-remote writes times in whole seconds into its tables of contents, and takes no global
     * headers.
     */
    boolean isConvertedByPeer() {
      return first / GROUP % 4 == 1;
    }

    boolean peerMakesZstd() {
      return first / GROUP % 8 == 1;
    }

    String tag() {
      return "g" + first;
    }
  }

  /** Returns the groups of some stacks; each seed is in the same group as in every other run. */
  static List<Group> groups(long first, int count) {
    var groups = new ArrayList<Group>();
    long end = first + count;
    for (long at = first; at < end; ) {
      long next = Math.min(end, (at / GROUP + 1) * GROUP);
      groups.add(new Group(at, (int) (next - at)));
      at = next;
    }
    return groups;
  }

  /** Builds the image of some stacks and serves it. */
  void serve(Group group) throws IOException {
    serve(group.tag(), tars(group), group.order());
  }

  /** Builds an image of layers with known entries, lowest first, and serves it. */
  void serve(String tag, List<List<StackEntry>> layers) throws IOException {
    var tars = new HashMap<Integer, StackTar>();
    var order = new ArrayList<Integer>();
    for (var entries : layers) {
      var tar = new StackTar(new SplittableRandom(0));
      entries.forEach(tar::write);
      tars.put(order.size(), tar);
      order.add(order.size());
    }
    serve(tag, tars, order);
  }

  /** Serves all forms of an image by their names: plain, estargz, zstd. */
  private void serve(String tag, Map<Integer, StackTar> tars, List<Integer> order)
      throws IOException {
    var plain = OciLayout.at(directory.resolve("plain"));
    build(plain, tag, tars, order);
    registry.serve("plain", plain);
    convert(tag, "estargz", BuildOptions.ESTARGZ);
    convert(tag, "zstd", BuildOptions.ZSTD_CHUNKED);
  }

  String reference(String form, String tag) {
    return registry.reference(form, tag);
  }

  private static Map<Integer, StackTar> tars(Group group) {
    var tars = new HashMap<Integer, StackTar>();
    var random = new SplittableRandom(group.first());
    for (long seed = group.first(); seed < group.first() + group.count(); seed++) {
      var layers = RandomStack.of(seed, group.order(), group.isConvertedByPeer());
      for (var layer : layers.entrySet()) {
        var tar = tars.computeIfAbsent(layer.getKey(), _ -> beginTar(group, random));
        if (seed % 5 == 0 && !group.isConvertedByPeer()) {
          tar.writeGlobalHeader();
        }
        layer.getValue().forEach(tar::write);
      }
    }
    return tars;
  }

  /** Every other image has entries for its root, of which containerd makes nothing. */
  private static StackTar beginTar(Group group, SplittableRandom random) {
    var tar = new StackTar(random);
    if (group.first() / GROUP % 2 == 0) {
      var odd = new Attributes(0700, 1000, 1000, RandomAttributes.NEWEST, Map.of());
      tar.write(StackEntry.of(StackEntry.DIRECTORY, ".", "", odd));
    }
    return tar;
  }

  private static void build(
      OciLayout layout, String tag, Map<Integer, StackTar> tars, List<Integer> order)
      throws IOException {
    var layers = new HashMap<Integer, LayoutLayer>();
    for (var tar : tars.entrySet()) {
      layers.put(tar.getKey(), layer(layout, tar.getValue().end()));
    }
    var image = new ImageBuilder(layout);
    for (int number : order) {
      image.layer(requireNonNull(layers.get(number)));
    }
    BlobDescriptor _ = image.build(tag);
  }

  private static LayoutLayer layer(OciLayout layout, byte[] tar) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(tar);
    }
    var blob = layout.addBlob(LayerEncoding.GZIP.mediaType(), bytes.toByteArray());
    return new LayoutLayer(blob, digest(tar), tar.length);
  }

  private static String digest(byte[] bytes) {
    try {
      var sha256 = MessageDigest.getInstance("SHA-256").digest(bytes);
      return "sha256:" + HexFormat.of().formatHex(sha256);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private void convert(String tag, String form, BuildOptions options) throws IOException {
    var target = directory.resolve(form);
    try (var client = new RegistryClient(RegistryOptions.builder().build())) {
      var image =
          Conversions.image(
              new ImagePlace.Layout(directory.resolve("plain"), Optional.of(tag)),
              new ImagePlace.Layout(target, Optional.empty()),
              new ConvertOptions(options, true, List.of(), 2, directory),
              client,
              ConvertListener.NONE);
      if (image.layers().isEmpty()) {
        throw new IOException("nothing converted of " + tag);
      }
    }
    registry.serve(form, OciLayout.at(target));
  }
}
