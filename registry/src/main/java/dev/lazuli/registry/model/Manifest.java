package dev.lazuli.registry.model;

import java.util.Map;

/** The JSON document a reference names: one image, or an index of several. */
public sealed interface Manifest permits ImageManifest, ImageIndex {
  /** Returns the document's media type. */
  String mediaType();

  /** Returns the document's own annotations. */
  Map<String, String> annotations();
}
