// Package conformance runs containerd's own snapshotter test suite against a daemon that serves the snapshots API on
// the unix socket named by LAZULI_SOCKET.
package conformance

import (
	"context"
	"net"
	"os"
	"testing"

	api "github.com/containerd/containerd/api/services/snapshots/v1"
	"github.com/containerd/containerd/snapshots"
	"github.com/containerd/containerd/snapshots/proxy"
	"github.com/containerd/containerd/snapshots/testsuite"
	"google.golang.org/grpc"
)

func TestSnapshotter(t *testing.T) {
	socket := os.Getenv("LAZULI_SOCKET")
	if socket == "" {
		t.Fatal("LAZULI_SOCKET is not set")
	}
	testsuite.SnapshotterSuite(t, "lazuli", func(ctx context.Context, _ string) (snapshots.Snapshotter, func() error, error) {
		connection, err := grpc.DialContext(ctx, socket, grpc.WithInsecure(), grpc.WithBlock(), grpc.WithContextDialer(dial))
		if err != nil {
			return nil, nil, err
		}
		snapshotter := proxy.NewSnapshotter(api.NewSnapshotsClient(connection), "lazuli")
		return snapshotter, func() error {
			defer connection.Close()
			return removeAll(ctx, snapshotter)
		}, nil
	})
}

func dial(ctx context.Context, socket string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "unix", socket)
}

// removeAll empties a daemon that the next test will use, children before parents.
func removeAll(ctx context.Context, snapshotter snapshots.Snapshotter) error {
	for {
		var names []string
		collect := func(_ context.Context, info snapshots.Info) error {
			names = append(names, info.Name)
			return nil
		}
		if err := snapshotter.Walk(ctx, collect); err != nil || len(names) == 0 {
			return err
		}
		removed := 0
		var last error
		for _, name := range names {
			if last = snapshotter.Remove(ctx, name); last == nil {
				removed++
			}
		}
		if removed == 0 {
			return last
		}
	}
}
