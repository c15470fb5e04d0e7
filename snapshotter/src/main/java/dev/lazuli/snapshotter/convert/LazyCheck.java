package dev.lazuli.snapshotter.convert;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.build.BuiltLayer;
import dev.lazuli.estargz.read.LayerOpener;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.estargz.read.TocTrust;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Looks at a layer that was just written the way a puller will. */
final class LazyCheck {
  /**
   * Returns what its maker should know.
   *
   * @param toc the file of its external TOC, used only if it has one
   * @throws IOException if it cannot be read, or holds other bytes than were written
   */
  static List<String> warnings(LayerOpener opener, BuiltLayer layer, Path blob, Path toc)
      throws IOException {
    var warnings = new ArrayList<String>();
    layer
        .unprioritized()
        .ifPresent(why -> warnings.add("its files stay in their order, none comes first: " + why));
    var request =
        OpenRequest.of(
            layer.digest().toString(), new FileBlob(blob), new TocTrust.Json(layer.tocDigest()));
    if (layer.externalToc().isPresent()) {
      request = request.withExternalToc(new FileBlob(toc));
    }
    try (var index = opener.open(request)) {
      if (index.inodeCount() < 1) {
        throw new IllegalStateException("the index has no root");
      }
    } catch (LayerFormatException e) {
      warnings.add(
          "Lazuli will pull it whole, not lazily: "
              + e.field()
              + " is "
              + e.value()
              + ", allowed: "
              + e.limit());
    }
    return warnings;
  }

  private LazyCheck() {}
}
