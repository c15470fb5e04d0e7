package dev.lazuli.snapshotter.e2e;

import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/**
 * For tests that build on each other: once one has failed, those after it fail with its name,
 * instead of for reasons of their own that nobody should look for.
 */
public final class Steps implements InvocationInterceptor {
  private @Nullable String failed;

  @Override
  public void interceptTestMethod(
      Invocation<@Nullable Void> step,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    if (failed != null) {
      step.skip();
      throw new AssertionError("not tried: it builds on " + failed + ", which has failed");
    }
    try {
      step.proceed();
    } catch (Throwable e) {
      failed = context.getDisplayName();
      throw e;
    }
  }
}
