package dev.lazuli.snapshotter.doctor;

import dev.lazuli.registry.model.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Collects what the checks find, in their order. Used by one thread. */
final class Examination {
  /** Something that may fail; then the failure is the finding. */
  interface Attempt {
    void run() throws IOException;
  }

  private final List<Diagnosis> diagnoses = new ArrayList<>();

  void ok(String area, String found) {
    diagnoses.add(new Diagnosis(area, Health.OK, found, ""));
  }

  void note(String area, String found, String remedy) {
    diagnoses.add(new Diagnosis(area, Health.NOTE, found, remedy));
  }

  void problem(String area, String found, String remedy) {
    diagnoses.add(new Diagnosis(area, Health.PROBLEM, found, remedy));
  }

  /** Runs something whose failure is a problem with this remedy. */
  void require(String area, String remedy, Attempt attempt) {
    try {
      attempt.run();
    } catch (IOException e) {
      problem(area, words(e), remedy);
    }
  }

  /** Returns why something failed, in one line. */
  static String words(Exception failure) {
    return Text.reason(failure);
  }

  List<Diagnosis> diagnoses() {
    return List.copyOf(diagnoses);
  }
}
