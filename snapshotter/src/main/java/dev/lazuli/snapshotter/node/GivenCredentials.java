package dev.lazuli.snapshotter.node;

import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.status.Content;
import dev.lazuli.snapshotter.status.Door;
import dev.lazuli.snapshotter.status.Query;
import dev.lazuli.snapshotter.status.RequestException;
import dev.lazuli.snapshotter.status.RequestException.Reason;
import java.util.List;
import java.util.Optional;

/**
 * Takes the credentials of a pull by Podman or CRI-O, which their helper brings.
 *
 * @param secrets keeps them, as it keeps the pull secrets of pods
 */
record GivenCredentials(HandedOver secrets) implements Door {
  static final String PATH = "/credentials";
  private static final String IMAGE = "image";

  @Override
  public Content answer(String path, Query query, Optional<String> authorization)
      throws RequestException {
    query.allowOnly(List.of(IMAGE));
    var credentials =
        authorization
            .flatMap(PullSecrets::credentials)
            .orElseThrow(() -> new RequestException(Reason.BAD_REQUEST, "no user and password"));
    try {
      var image = ImageReference.parse(query.require(IMAGE));
      secrets.remember(image.registry(), image.repository(), credentials);
    } catch (IllegalArgumentException e) {
      throw new RequestException(Reason.BAD_REQUEST, String.valueOf(e.getMessage()));
    }
    return Content.text("kept\n");
  }
}
