package scenario

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"darksite/runbooks/strictyaml"
)

//go:embed ready/*.yaml
var ready embed.FS

// Names lists the scenarios that come with the kit.
func Names() []string {
	files, err := fs.Glob(ready, "ready/*.yaml")
	if err != nil {
		panic(err) // the pattern is ours
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(path.Base(f), ".yaml"))
	}
	return names
}

// Ready returns a scenario that comes with the kit.
func Ready(name string) (Scenario, error) {
	if !plainName(name) {
		return Scenario{}, unknown(name)
	}
	data, err := ready.ReadFile("ready/" + name + ".yaml")
	if err != nil {
		return Scenario{}, unknown(name)
	}
	return Parse(name+".yaml", data)
}

func unknown(name string) error {
	return fmt.Errorf("no scenario %q comes with the kit%s", name, strictyaml.Suggest(name, Names()))
}
