package dev.lazuli.demo.images;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Puts an image together from declared trees, layer by layer. Not thread-safe. */
public final class ImageBuilder {
  private final OciLayout layout;
  private final List<LayoutLayer> layers = new ArrayList<>();
  private LayerEncoding encoding = LayerEncoding.GZIP;
  private ContainerDefaults config = ContainerDefaults.DEFAULT;

  /** Builds into {@code layout}. */
  public ImageBuilder(OciLayout layout) {
    this.layout = layout;
  }

  /** Sets the encoding of the layers that follow; gzip before the first call. */
  public ImageBuilder encoding(LayerEncoding layerEncoding) {
    this.encoding = layerEncoding;
    return this;
  }

  /** Adds a layer on top of those before. */
  public ImageBuilder layer(Iterable<TreeEntry> entries) throws IOException {
    layers.add(layout.addLayer(entries, encoding));
    return this;
  }

  /** Adds a layer that lies in the layout already. */
  public ImageBuilder layer(LayoutLayer layer) {
    layers.add(layer);
    return this;
  }

  /** Sets what a container runs by default. */
  public ImageBuilder config(ContainerDefaults imageConfig) {
    this.config = imageConfig;
    return this;
  }

  /** Writes configuration and manifest, and lets {@code tag} name the image in the layout. */
  public BlobDescriptor build(String tag) throws IOException {
    return layout.addImage(tag, config, layers);
  }

  /** Returns the layers so far, bottom first. */
  public List<LayoutLayer> layers() {
    return List.copyOf(layers);
  }
}
