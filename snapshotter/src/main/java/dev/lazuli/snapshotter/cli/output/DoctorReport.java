package dev.lazuli.snapshotter.cli.output;

import dev.lazuli.snapshotter.doctor.Diagnosis;
import dev.lazuli.snapshotter.doctor.Health;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What {@code lazuli doctor} prints. */
public final class DoctorReport {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private DoctorReport() {}

  /** Returns all findings as JSON, and whether there is no problem among them. */
  public static String json(List<Diagnosis> diagnoses) {
    return JSON.writeValueAsString(
            Map.of("healthy", count(diagnoses, Health.PROBLEM) == 0, "findings", diagnoses))
        + "\n";
  }

  /** Returns a line for each finding, its remedy below it, and a line that sums up. */
  public static String text(List<Diagnosis> diagnoses) {
    var text = new StringBuilder();
    for (var diagnosis : diagnoses) {
      text.append(mark(diagnosis.health()))
          .append(diagnosis.area())
          .append(": ")
          .append(Printable.of(diagnosis.found()))
          .append('\n');
      if (!diagnosis.remedy().isEmpty()) {
        text.append("        -> ").append(Printable.of(diagnosis.remedy())).append('\n');
      }
    }
    return text.append(sum(diagnoses)).append('\n').toString();
  }

  private static String mark(Health health) {
    return switch (health) {
      case OK -> "ok      ";
      case NOTE -> "note    ";
      case PROBLEM -> "PROBLEM ";
    };
  }

  private static String sum(List<Diagnosis> diagnoses) {
    long problems = count(diagnoses, Health.PROBLEM);
    long notes = count(diagnoses, Health.NOTE);
    return problems == 0 && notes == 0
        ? "everything is as it should be"
        : counted(problems, "problem") + ", " + counted(notes, "note");
  }

  private static String counted(long count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }

  private static long count(List<Diagnosis> diagnoses, Health health) {
    return diagnoses.stream().filter(diagnosis -> diagnosis.health() == health).count();
  }
}
