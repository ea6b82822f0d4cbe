package sim

// version is the version of the software: that of the last upgrade that is
// done.
func (v View) version() string {
	version, last := osVersion, v.options.Start
	for _, e := range v.entries {
		if e.Kind == Upgrade && e.repaired(v.at) && !e.Until.Before(last) {
			version, last = e.text("version"), e.Until
		}
	}
	return version
}

// Upgrades is how often the software was replaced since the start. Each time
// the interface learns new versions.
func (v View) Upgrades() int {
	n := 0
	for _, e := range v.entries {
		if e.Kind == Upgrade && e.repaired(v.at) {
			n++
		}
	}
	return n
}
