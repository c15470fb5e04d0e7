/** Images that lie, tenants that may not see each other, and users of the host. */
@NullMarked
package dev.lazuli.snapshotter.e2e.trust;

import org.jspecify.annotations.NullMarked;
