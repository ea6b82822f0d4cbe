package collect

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Budget bounds one collector.
type Budget struct {
	Bytes int64         `json:"bytes"`
	Time  time.Duration `json:"time_ns"`
}

// Profile is how much to take.
type Profile struct {
	Name    string
	Each    Budget            // of every collector not named in Special
	Special map[string]Budget // by name of the collector
	Total   int64             // bytes of all collectors together
	Time    time.Duration     // of all collectors together; zero leaves it to each
	// Recent is how far back samples are taken one by one, Trend how far back
	// they are taken in steps of Step, and Logs how far back log files are; zero
	// Logs are all of them.
	Recent, Trend, Step, Logs time.Duration
}

// For returns the budget of a collector.
func (p Profile) For(name string) Budget {
	if b, ok := p.Special[name]; ok {
		return b
	}
	return p.Each
}

const (
	mib = 1 << 20
	gib = 1 << 30
)

// Profiles returns the shipped profiles, the smallest first. Quick is for an
// urgent case and a small medium: some minutes and at most 32 MiB. Standard is
// what support asks for. Full is everything the site has kept: it wants room on
// the disk and officers with time.
func Profiles() []Profile {
	return []Profile{
		{
			Name: "quick", Each: Budget{4 * mib, 30 * time.Second}, Total: 32 * mib, Time: 4 * time.Minute,
			Special: map[string]Budget{"arraystate": {12 * mib, 90 * time.Second}, "logs": {16 * mib, time.Minute}, "hosts": {16 * mib, time.Minute}, "monitor": {8 * mib, time.Minute}},
			Recent:  2 * time.Hour, Trend: 48 * time.Hour, Step: 10 * time.Minute, Logs: 48 * time.Hour,
		},
		{
			Name: "standard", Each: Budget{64 * mib, 2 * time.Minute}, Total: gib, Time: 30 * time.Minute,
			Special: map[string]Budget{"arraystate": {256 * mib, 10 * time.Minute}, "logs": {512 * mib, 10 * time.Minute}, "hosts": {512 * mib, 10 * time.Minute}, "monitor": {256 * mib, 10 * time.Minute}},
			Recent:  24 * time.Hour, Trend: 30 * 24 * time.Hour, Step: time.Hour, Logs: 14 * 24 * time.Hour,
		},
		{
			Name: "full", Each: Budget{gib, 10 * time.Minute}, Total: 16 * gib, Time: 3 * time.Hour,
			Special: map[string]Budget{"arraystate": {2 * gib, 30 * time.Minute}, "logs": {8 * gib, time.Hour}, "hosts": {8 * gib, time.Hour}, "monitor": {6 * gib, time.Hour}},
			Recent:  7 * 24 * time.Hour, Trend: 366 * 24 * time.Hour, Step: time.Hour,
		},
	}
}

// ProfileNamed returns a shipped profile.
func ProfileNamed(name string) (Profile, error) {
	all := Profiles()
	i := slices.IndexFunc(all, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		names := make([]string, len(all))
		for i, p := range all {
			names[i] = p.Name
		}
		return Profile{}, fmt.Errorf("profile %q is not known: want %s", name, strings.Join(names, ", "))
	}
	return all[i], nil
}
