package dev.lazuli.bridge.fuse;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Marks tests that mount FUSE; skipped where that is not allowed. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(MountsFuse.Condition.class)
@interface MountsFuse {
  /** Needs root and a device that can be opened. */
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      if (!"root".equals(System.getProperty("user.name"))) {
        return ConditionEvaluationResult.disabled("mounting needs root");
      }
      return Files.isReadable(Path.of("/dev/fuse"))
          ? ConditionEvaluationResult.enabled("root with /dev/fuse")
          : ConditionEvaluationResult.disabled("/dev/fuse cannot be opened");
    }
  }
}
