// Command casedesk is the central case desk: it imports carried bundles, keeps
// the cases and seals the replies that are carried back.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/deskcmd"
)

var version = "unversioned" // set by the build

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := deskcmd.Main(ctx, cli.System(), version, os.Args[1:])
	stop()
	os.Exit(code)
}
