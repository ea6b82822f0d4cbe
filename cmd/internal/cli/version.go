package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// module is one line of the bill of materials.
type module struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	Sum     string `json:"sum,omitempty"`
}

// VersionCommand makes the command version, the same in both binaries.
func VersionCommand(env *Env, name, version string) *cobra.Command {
	var sbom, asJSON bool
	c := &cobra.Command{
		Use: "version", Short: "Print the version, or with --sbom every module inside", Args: cobra.NoArgs,
		Example: fmt.Sprintf("  %s version\n  %s version --sbom --json", name, name),
		RunE: func(*cobra.Command, []string) error {
			mods := modules()
			switch {
			case asJSON && sbom:
				return env.JSON(struct {
					Version string   `json:"version"`
					Go      string   `json:"go"`
					Modules []module `json:"modules"`
				}{version, runtime.Version(), mods})
			case asJSON:
				return env.JSON(map[string]string{"version": version, "go": runtime.Version()})
			}
			fmt.Fprintf(env.Out, "%s %s (%s, %s/%s)\n", name, version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			for _, m := range mods {
				if sbom {
					fmt.Fprintf(env.Out, "%s %s %s\n", m.Path, m.Version, m.Sum)
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&sbom, "sbom", false, "list the modules linked into this binary, from the binary itself")
	c.Flags().BoolVar(&asJSON, "json", false, "print the data as JSON")
	return c
}

func modules() []module {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	var out []module
	for _, d := range info.Deps {
		if d.Replace != nil {
			d = d.Replace
		}
		out = append(out, module{d.Path, d.Version, d.Sum})
	}
	return out
}
