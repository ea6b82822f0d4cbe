// Command darksite is the support kit of one disconnected site: it watches the
// arrays, leads through runbooks, and makes the bundle that is carried out.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd"
)

var version = "unversioned" // set by the build

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := sitecmd.Main(ctx, cli.System(), version, os.Args[1:])
	stop()
	os.Exit(code)
}
