package dev.lazuli.snapshotter.convert;

import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.build.BuiltLayer;
import dev.lazuli.estargz.build.EstargzBuilder;
import dev.lazuli.estargz.read.LayerOpener;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.ImageReference;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Converts between places: from a file to a file, from an image to an image. */
public final class Conversions {
  private static final int BUFFER_BYTES = 256 << 10;
  private static final String DEFAULT_TAG = "latest";

  /**
   * Opens an image to read.
   *
   * @throws IOException if a layout does not have it; a registry is not asked yet
   */
  public static ImageSource source(ImagePlace place, RegistryClient client) throws IOException {
    return switch (place) {
      case ImagePlace.Layout layout ->
          LayoutImage.find(ImageLayout.open(layout.directory()), layout.tag());
      case ImagePlace.Registry registry -> new RegistryImage(client, registry.reference());
      case ImagePlace.File file -> throw new IOException(file.path() + " is a layer, not an image");
    };
  }

  /**
   * Converts an image.
   *
   * @param from a layout or a registry
   * @param to a layout, whose tag is the source's if it names none, or a registry
   */
  public static ConvertedImage image(
      ImagePlace from,
      ImagePlace to,
      ConvertOptions options,
      RegistryClient client,
      ConvertListener listener)
      throws IOException {
    var source = source(from, client);
    var target = target(to, () -> tag(source), client, options.scratch());
    return ImageConversion.run(source, target, options, listener);
  }

  /**
   * Opens a place to write an image to.
   *
   * @param tag of the image, if the place is a layout and says none
   * @param scratch directory for blobs on their way to a registry
   * @throws IOException if no image can be written there
   */
  public static ImageTarget target(
      ImagePlace to, Supplier<String> tag, RegistryClient client, Path scratch) throws IOException {
    return switch (to) {
      case ImagePlace.Layout layout ->
          new LayoutTarget(
              ImageLayout.openOrCreate(layout.directory()), layout.tag().orElseGet(tag));
      case ImagePlace.Registry registry -> registry(client, registry.reference(), scratch);
      case ImagePlace.File file ->
          throw new IOException("an image cannot be written to a single file: " + file.path());
    };
  }

  private static RegistryTarget registry(
      RegistryClient client, ImageReference reference, Path scratch) throws IOException {
    try {
      return new RegistryTarget(client, reference, scratch);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static String tag(ImageSource source) {
    return switch (source) {
      case LayoutImage image when !image.tag().isEmpty() -> image.tag();
      case RegistryImage image when image.reference().tag() != null -> image.reference().tag();
      default -> DEFAULT_TAG;
    };
  }

  /**
   * Converts a layer in a file. The result has its name only when it is whole.
   *
   * @param toc where an external TOC goes
   */
  public static ConvertedFile layer(Path from, Path to, Optional<Path> toc, BuildOptions options)
      throws IOException {
    var blobFile = beside(to);
    var tocFile = toc.isPresent() ? beside(toc.get()) : blobFile;
    try (var in = Files.newInputStream(from)) {
      BuiltLayer built;
      try (var out = new BufferedOutputStream(Files.newOutputStream(blobFile), BUFFER_BYTES)) {
        built = build(in, out, toc.isPresent() ? Optional.of(tocFile) : Optional.empty(), options);
      } catch (IOException e) {
        throw new IOException("layer " + from + ": " + e.getMessage(), e);
      }
      List<String> warnings;
      try (var opener = new LayerOpener(Limits.DEFAULT)) {
        warnings = LazyCheck.warnings(opener, built, blobFile, tocFile);
      }
      if (toc.isPresent()) {
        Files.move(tocFile, toc.get(), StandardCopyOption.REPLACE_EXISTING);
      }
      Files.move(blobFile, to, StandardCopyOption.REPLACE_EXISTING);
      return new ConvertedFile(built, warnings);
    } finally {
      Files.deleteIfExists(blobFile);
      Files.deleteIfExists(tocFile);
    }
  }

  private static BuiltLayer build(
      InputStream in, BufferedOutputStream out, Optional<Path> tocFile, BuildOptions options)
      throws IOException {
    var builder = new EstargzBuilder(options);
    if (tocFile.isEmpty()) {
      return builder.build(in, out);
    }
    try (var toc = new BufferedOutputStream(Files.newOutputStream(tocFile.get()), BUFFER_BYTES)) {
      return builder.build(in, out, toc);
    }
  }

  private static Path beside(Path file) {
    var temporary =
        file.resolveSibling("." + file.getFileName() + ".lazuli-" + ProcessHandle.current().pid());
    temporary.toFile().deleteOnExit();
    return temporary;
  }

  private Conversions() {}
}
