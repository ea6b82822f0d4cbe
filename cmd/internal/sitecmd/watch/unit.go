package watch

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) monitorUnitCommand() *cobra.Command {
	return &cobra.Command{
		Use: "unit", Short: "Print a systemd unit with hardening for this site folder", Args: cobra.NoArgs,
		Long: `Print a unit for systemd 247 or newer that runs the monitor of this site folder with
this program, as the user darksite, who owns the folder. It may write nothing but
that folder, gain no right, and is restarted when it does not say that it is alive.`,
		Example: "  darksite monitor unit > /etc/systemd/system/darksite.service",
		RunE: func(*cobra.Command, []string) error {
			program, err := os.Executable()
			if err != nil {
				return fmt.Errorf("name this program: %w", err)
			}
			dir, err := filepath.Abs(a.Dir())
			if err != nil {
				return fmt.Errorf("name the site folder: %w", err)
			}
			return printUnit(a.Env.Out, program, dir)
		},
	}
}

// printUnit writes the unit. A program or folder below a home needs homes to be
// seen, and no more.
func printUnit(w io.Writer, program, dir string) error {
	for _, path := range []string{program, dir} {
		if strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return fmt.Errorf("print a unit: the path %q has a character that no unit can name", path)
		}
	}
	home := "yes"
	for _, path := range []string{program, dir} {
		for _, below := range []string{"/home/", "/root/", "/run/user/"} {
			if strings.HasPrefix(path+"/", below) {
				home = "read-only"
			}
		}
	}
	_, err := fmt.Fprintf(w, unit, unitWord(program), unitWord(dir), home, unitPath(dir))
	return err
}

// unitWord is a word of a command line of a unit.
func unitWord(s string) string {
	s = strings.NewReplacer(`%`, `%%`, `$`, `$$`, `\`, `\\`, `"`, `\"`).Replace(s)
	if strings.ContainsAny(s, " '") || strings.Contains(s, `"`) {
		return `"` + s + `"`
	}
	return s
}

// unitPath is a path of a list of paths of a unit, where $ means nothing.
func unitPath(s string) string {
	s = strings.NewReplacer(`%`, `%%`, `\`, `\\`, `"`, `\"`).Replace(s)
	if strings.ContainsAny(s, ` '"`) {
		return `"` + s + `"`
	}
	return s
}

const unit = `[Unit]
Description=Darksite monitor of storage arrays
After=network.target
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=%s --dir %s monitor
ExecReload=/bin/kill -HUP $MAINPID
User=darksite
Restart=on-failure
RestartSec=5
WatchdogSec=120
TimeoutStartSec=300
TimeoutStopSec=60
UMask=0077
LimitCORE=0

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
KeyringMode=private
RemoveIPC=yes

ProtectSystem=strict
ProtectHome=%s
ReadWritePaths=%s
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible

[Install]
WantedBy=multi-user.target
`
