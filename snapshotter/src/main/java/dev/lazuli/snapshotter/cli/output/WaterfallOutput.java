package dev.lazuli.snapshotter.cli.output;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.snapshotter.status.Query;
import dev.lazuli.snapshotter.status.StatusClient;
import dev.lazuli.snapshotter.waterfall.HtmlPage;
import dev.lazuli.snapshotter.waterfall.TerminalPicture;
import dev.lazuli.snapshotter.waterfall.Waterfall;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Shows a daemon's record of a start in the way that was asked for. */
public record WaterfallOutput(String image, boolean json, Optional<Path> page) {
  public void print(StatusClient client, PrintWriter out) throws IOException {
    var query = new Query(Map.of("image", image));
    var waterfall = client.ask("GET", "/waterfall", query, Waterfall.class);
    if (page.isPresent()) {
      Files.writeString(page.get(), HtmlPage.of(waterfall), UTF_8);
    }
    if (json) {
      var mapper = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
      out.println(mapper.writeValueAsString(waterfall));
    } else if (page.isEmpty()) {
      out.print(TerminalPicture.of(waterfall, Terminal.style()));
    }
    out.flush();
  }
}
